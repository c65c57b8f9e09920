import { TidemarkError } from "../errors.js";
import type { UserError } from "../page.js";
import type { RequestContext } from "../request.js";
import { settingsOf } from "../store/setting.js";
import { changeRefusal, type GrantRight, mayChange, principalOf, type ThingKind } from "./access.js";
import { giveGrant } from "./grant.step.js";
import { findThing } from "./thing.step.js";

export interface Sharing {
  readonly kind: ThingKind;
  readonly key: string;
  /** Key of the department that is given the right. */
  readonly with: string;
  readonly right: GrantRight;
  readonly expiresAt: Date | null;
}

/** Gives a department a right on a thing of one's own, without having been asked. Why not, where not. */
export async function share(context: RequestContext, sharing: Sharing): Promise<UserError[]> {
  const { store, viewer, now } = context;
  const { kind, key, right, expiresAt } = sharing;
  const refused = (code: string, message: string, field: string) => [{ code, message, path: [field] }];
  const thing = await findThing(store.pool, kind, key);
  if (!thing) return refused("NOT_FOUND", `There is no ${kind} ${JSON.stringify(key.slice(0, 60))}.`, "key");
  if (!mayChange(principalOf(viewer), thing)) return refused("FORBIDDEN", changeRefusal(thing.department.key), "key");
  if (expiresAt && expiresAt <= now)
    return refused("BAD_INPUT", `expiresAt is ${expiresAt.toISOString()}, which has passed; name a time to come.`, "expiresAt");
  try {
    const wish = { thing, department: sharing.with, right, reason: null, by: viewer.name, expiresAt };
    await store.pool.transaction((transaction) => giveGrant(transaction, wish, now));
  } catch (error) {
    if (error instanceof TidemarkError) return refused(error.code, error.message, "with");
    throw error;
  }
  settingsOf(context).forget();
  return [];
}
