import type { ChangeRow } from "../people/change.loader.js";
import type { Session } from "../store/pool.js";
import { readSetting } from "../store/setting.js";
import { type FeedPlace, placeAfter } from "./webhook.js";

/** A change or an alert, at its place. */
export type FeedEntry =
  | { readonly place: FeedPlace; readonly change: ChangeRow }
  | { readonly place: FeedPlace; readonly alertId: string };

/** Whether (xid, id) of a change, or of an alert, stands after a place; constant SQL over the names of the place's columns. */
export function afterPlace(kind: "change" | "alert", xid: string, isAlert: string, id: string): string {
  const from =
    kind === "change"
      ? `case when ${isAlert} then ${placeAfter("0").id} else ${id} end`
      : `case when ${isAlert} then ${id} else 0 end`;
  return `(xid, id) > (${xid}, ${from}) and xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint`;
}

/** Changes and alerts after a place, in their one order, final as `changes` is: nothing can come before them any more. */
export async function feedAfter(session: Session, { xid, isAlert, id }: FeedPlace, limit: number): Promise<FeedEntry[]> {
  const place = ["$1::bigint", "$2::boolean", "$3::bigint"] as const;
  const rows = await session.read<ChangeRow & { isAlert: boolean }>(
    `select * from (
       (select xid, false as "isAlert", id, at, kind, user_id as "userId", subject_id as "subjectId", before, after, reason from change
        where ${afterPlace("change", ...place)} order by xid, id limit $4)
       union all
       (select xid, true, id, at, kind, 0, 0, null, null, null from alert where ${afterPlace("alert", ...place)} order by xid, id limit $4)
     ) as feed order by xid, "isAlert", id limit $4`,
    [xid, isAlert, id, limit],
  );
  return rows.map(({ isAlert, ...change }) => {
    const place = { xid: change.xid, isAlert, id: change.id };
    return isAlert ? { place, alertId: change.id } : { place, change };
  });
}

/** Where the feed begins by now, when what stood after a place has been dropped already; undefined: nothing was. */
export async function sweptPast(session: Session, place: FeedPlace): Promise<FeedPlace | undefined> {
  const swept = await readSetting(session, "changes");
  return swept && BigInt(place.xid) < BigInt(swept.sweptXid) ? placeAfter(swept.sweptXid) : undefined;
}

/** Just before what was recorded since an instant. */
export async function placeBefore(session: Session, from: Date): Promise<FeedPlace | undefined> {
  const [first] = await session.read<{ xid: string | null }>(
    `select least((select min(xid) from change where recorded_at >= $1), (select min(xid) from alert where recorded_at >= $1)) - 1 as xid`,
    [from],
  );
  return first?.xid == null ? undefined : placeAfter(first.xid);
}
