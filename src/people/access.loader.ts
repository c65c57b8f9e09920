import { perRequest, type RequestContext } from "../request.js";
import type { Session } from "../store/pool.js";
import { keptByVersion, settingsOf } from "../store/setting.js";
import { type AccessLevel, accessTo, type Grant, type Principal, principalOf, type Thing } from "./access.js";

/** The grants that hold, but for those that run out by themselves. */
export function readGrants(session: Session): Promise<Grant[]> {
  return session.read<Grant>(
    `select g.kind, g.thing_id as "thingId", d.key as department, g."right", g.expires_at as "expiresAt"
     from access_grant g join department d on d.id = g.department_id where g.state = 'GRANTED'`,
  );
}

const keptGrants = keptByVersion(readGrants);

/** What somebody may do with a thing; without a principal: the viewer. */
export type AccessOf = (thing: Thing, principal?: Principal) => AccessLevel;

/** The one place that every loader and binder asks before it gives out or uses what belongs to a department. */
export const accessOf = perRequest((context: RequestContext) => {
  let promise: Promise<AccessOf> | undefined;
  return () => (promise ??= readAccess(context));
});

async function readAccess(context: RequestContext): Promise<AccessOf> {
  const { access } = await settingsOf(context).read();
  // A store in which nothing was ever granted has no version.
  const grants = access === undefined ? [] : await keptGrants(context.store.pool, access.version);
  const viewer = principalOf(context.viewer);
  return (thing, principal = viewer) => accessTo(principal, thing, grants, context.now);
}
