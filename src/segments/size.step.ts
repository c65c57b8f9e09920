import { raiseAlert } from "../people/alert.step.js";
import type { Session } from "../store/pool.js";

/** Smaller moves are never told, whatever share of a small segment they are. */
const LEAST_JUMP = 10;
/** How many sizes are kept of a segment, the newest. */
const MOST_SIZES = 10_000;

/** Writes down how many members segments have, now that everybody has been looked at, and tells of jumps. */
export async function recordSizes(session: Session, segmentIds: readonly number[], at: Date): Promise<void> {
  if (segmentIds.length === 0) return;
  const rows = await session.read<Size>(
    `with counted as (
       select s.id, s.key, s.revision, s.alert_share, (select count(*)::int from segment_member m where m.segment_id = s.id) as users
       from segment s where s.id = any($1::int[])
     ), written as (
       insert into segment_size (segment_id, at, users, revision) select id, $2, users, revision from counted
       on conflict (segment_id, at) do update set users = excluded.users, revision = excluded.revision
     )
     select c.key, c.users, c.alert_share as "alertShare", b.users as before from counted c
     left join lateral (
       select z.users, z.revision from segment_size z where z.segment_id = c.id and z.at < $2 order by z.at desc limit 1
     ) b on b.revision = c.revision`,
    [segmentIds, at],
  );
  for (const size of rows) await tellJump(session, size, at);
  await session.read(
    `delete from segment_size z where z.segment_id = any($1::int[]) and z.at <
       (select o.at from segment_size o where o.segment_id = z.segment_id order by o.at desc offset ${MOST_SIZES - 1} limit 1)`,
    [segmentIds],
  );
}

interface Size {
  readonly key: string;
  readonly users: number;
  readonly alertShare: number;
  /** Null: the first of this revision, of which a jump would say nothing. */
  readonly before: number | null;
}

async function tellJump(session: Session, { key, users, alertShare, before }: Size, at: Date): Promise<void> {
  if (before === null) return;
  const jump = Math.abs(users - before);
  if (jump < LEAST_JUMP || jump <= alertShare * before) return;
  await raiseAlert(session, {
    kind: "SEGMENT_SIZE_JUMP",
    subjectType: "SEGMENT",
    subjectKey: key,
    message: `The segment ${key} has ${users} members, ${users > before ? "up" : "down"} from ${before} the time before; a change of more than ${Math.round(alertShare * 100)} % is told. Its entries and exits say why.`,
    at,
  });
}
