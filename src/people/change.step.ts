import { numberArray, textArray } from "../store/arrays.js";
import type { Session } from "../store/pool.js";
import { readSetting, writeSetting } from "../store/setting.js";
import type { ChangeKind } from "./change.entity.js";
import { registerMerged } from "./merge.step.js";

/** Columns of `change` that statements of later rooms fill by INSERT ... SELECT, and what the first three of them are for a column of users. */
export const CHANGE_COLUMNS = "xid, recorded_at, kind, at, user_id, subject_id, before, after, reason";
export function changeHead(kind: ChangeKind, user: string): string {
  const latest = `(select max(c.xid) from change c where c.user_id = ${user})`;
  return `greatest(pg_current_xact_id()::text::bigint, ${latest}), clock_timestamp(), '${kind}'`;
}

/** One entry for each change, in every list. */
export interface Changes {
  readonly userIds: readonly (string | number)[];
  readonly subjectIds: readonly number[];
  /** JSON, or null where nothing was held. */
  readonly befores: readonly (string | null)[];
  readonly afters: readonly (string | null)[];
}

/** Writes changes of tags in the transaction that makes them. */
export async function recordTagChanges(
  session: Session,
  { userIds, subjectIds, befores, afters }: Changes,
  at: Date,
): Promise<void> {
  if (userIds.length === 0) return;
  await session.read(
    `insert into change (${CHANGE_COLUMNS})
     select ${changeHead("TagChange", "t.user_id")}, $1, t.user_id, subject_id, before::jsonb, after::jsonb, null
     from unnest($2::bigint[], $3::int[], $4::text[], $5::text[]) as t (user_id, subject_id, before, after)`,
    [at, numberArray(userIds.map(Number)), numberArray(subjectIds), textArray(befores), textArray(afters)],
  );
}

/** Takes what was told of a thing out of the feed, with the thing. Rare: it reads the whole feed. */
export async function forgetChanges(session: Session, kinds: readonly ChangeKind[], subjectId: number): Promise<void> {
  await session.read("delete from change where kind = any($1::text[]) and subject_id = $2", [kinds, subjectId]);
}

/** How long changes are kept: whoever was away for longer reads everything anew. */
export const CHANGES_KEPT_DAYS = 30;
const BATCH_CHANGES = 50_000;

/** Drops what is older, and remembers up to where, so that a cursor from before is refused rather than answered with a gap. */
export async function sweepChanges(session: Session): Promise<void> {
  for (;;) {
    const [swept] = await session.read<{ count: number; xid: string | null }>(
      `with old as (
         delete from change where id in (
           select id from change where recorded_at < now() - interval '${CHANGES_KEPT_DAYS} days' order by id limit ${BATCH_CHANGES})
         returning xid
       ) select count(*)::int as count, max(xid)::text as xid from old`,
    );
    if (!swept || swept.xid === null) return;
    const known = await readSetting(session, "changes");
    if (!known || BigInt(known.sweptXid) < BigInt(swept.xid)) await writeSetting(session, "changes", { sweptXid: swept.xid });
    if (swept.count < BATCH_CHANGES) return;
  }
}

// What happened to either is what happened to the one that stays.
registerMerged({
  table: "change",
  computed: true,
  join: async (transaction, { userId, intoUserId }) =>
    void (await transaction.read("update change set user_id = $2 where user_id = $1", [userId, intoUserId])),
});
