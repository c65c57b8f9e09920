import { TidemarkError } from "../errors.js";
import type { RequestContext } from "../request.js";
import type { Session } from "../store/pool.js";
import { readSetting } from "../store/setting.js";
import type { ChangeKind } from "./change.entity.js";
import { CHANGES_KEPT_DAYS } from "./change.step.js";

export interface ChangeRow {
  readonly xid: string;
  readonly id: string;
  readonly at: Date;
  readonly kind: ChangeKind;
  readonly userId: string;
  readonly subjectId: number;
  readonly before: unknown;
  readonly after: unknown;
  readonly reason: string | null;
}

/** Where a reader stands: after this change. */
export interface ChangePlace {
  readonly xid: string;
  readonly id: string;
}

/** Tags and tier schemes whose changes are not the viewer's to see. */
export type HiddenSubjects = readonly { readonly kind: ChangeKind; readonly subjectIds: readonly number[] }[];

const finders: { readonly kind: ChangeKind; readonly find: (context: RequestContext) => Promise<readonly number[]> }[] = [];

/** Each room says beside its kind of change which of its things the viewer may not read. */
export function registerHidden(kind: ChangeKind, find: (context: RequestContext) => Promise<readonly number[]>): void {
  finders.push({ kind, find });
}

export function hiddenFrom(context: RequestContext): Promise<HiddenSubjects> {
  return Promise.all(finders.map(async ({ kind, find }) => ({ kind, subjectIds: await find(context) })));
}

/**
 * The changes after a place, in order. Those of transactions that are still open, and of all that began after the oldest of them, wait:
 * so what is answered is final, and nothing can come before it any more.
 *
 * @throws TidemarkError BAD_INPUT when changes after the place have been dropped already
 */
export async function changesAfter(
  session: Session,
  { place, hidden, limit }: { place: ChangePlace | null; hidden: HiddenSubjects; limit: number },
): Promise<ChangeRow[]> {
  const swept = place && (await readSetting(session, "changes"));
  if (swept && BigInt(place.xid) < BigInt(swept.sweptXid))
    throw new TidemarkError(
      "BAD_INPUT",
      `That cursor is older than the ${CHANGES_KEPT_DAYS} days for which changes are kept; read the users anew, and go on from the newest change.`,
    );
  const kinds = hidden.flatMap(({ kind, subjectIds }) => subjectIds.map(() => kind));
  return session.read<ChangeRow>(
    `select xid, id, at, kind, user_id as "userId", subject_id as "subjectId", before, after, reason from change
     where (xid, id) > ($1::bigint, $2::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
       and not exists (select from unnest($4::text[], $5::int[]) as h (kind, subject_id) where h.kind = change.kind and h.subject_id = change.subject_id)
     order by xid, id limit $3`,
    [place?.xid ?? 0, place?.id ?? 0, limit, kinds, hidden.flatMap(({ subjectIds }) => subjectIds)],
  );
}
