import type { Session } from "../store/pool.js";
import { windowsAt } from "./churn-definition.js";
import { type ChurnDefinitionRow, dataSpan } from "./churn-definition.loader.js";

/*
 * Windows are counted on the daily roll-up, exactly: it keeps the first and the last instant of each user, day and type, and a
 * window is never shorter than a day, so one of the two lies inside whenever any event of that day does.
 */
export const IN_WINDOW = (from: string, to: string) => `(d.last_at >= ${from} and d.first_at < ${to})`;

export interface SampleCounts {
  readonly eligible: number;
  readonly churned: number;
}

export interface SampleRows {
  /** Ascending. */
  readonly userIds: Float64Array;
  /** 1: churned. */
  readonly labels: Uint8Array;
}

// One scan of the roll-up: nobody outside [lookbackFrom, horizonTo) matters.
const seen = (also = "") => `
  select d.user_id, bool_or(${IN_WINDOW("$2", "$3")}) as before, bool_or(${IN_WINDOW("$4", "$5")}) as after
  from event_day d
  where d.type_id = any($1) and d.last_at >= $2 and d.first_at < $5 ${also}
  group by d.user_id`;
const SEEN = seen();

function valuesOf(definition: ChurnDefinitionRow, asOf: Date): unknown[] {
  const { lookbackFrom, horizonFrom, horizonTo } = windowsAt(definition, asOf);
  return [definition.typeIds, lookbackFrom, asOf, horizonFrom, horizonTo];
}

/** How many users are eligible at `asOf`, and how many of them churned after it. */
export async function countSample(session: Session, definition: ChurnDefinitionRow, asOf: Date): Promise<SampleCounts> {
  const rows = await session.read<{ eligible: string; churned: string }>(
    `select count(*) as eligible, count(*) filter (where not after) as churned from (${SEEN}) seen where before`,
    valuesOf(definition, asOf),
  );
  return { eligible: Number(rows[0]!.eligible), churned: Number(rows[0]!.churned) };
}

/** The users who are eligible at `asOf`, with what became of them. */
export async function readSample(session: Session, definition: ChurnDefinitionRow, asOf: Date): Promise<SampleRows> {
  const rows = await session.read<{ userId: string; after: boolean }>(
    `select user_id as "userId", after from (${SEEN}) seen where before order by user_id`,
    valuesOf(definition, asOf),
  );
  return {
    userIds: Float64Array.from(rows, ({ userId }) => Number(userId)),
    labels: Uint8Array.from(rows, ({ after }) => (after ? 0 : 1)),
  };
}

/** Some of the users who are eligible at `asOf`, in the order of their ids, with what became of them. */
export async function pageOfSample(
  session: Session,
  definition: ChurnDefinitionRow,
  asOf: Date,
  afterId: string | null,
  limit: number,
): Promise<{ readonly userId: string; readonly churned: boolean }[]> {
  return session.read(
    `select user_id as "userId", not after as churned from (${seen("and d.user_id > $6")}) seen where before order by user_id limit $7`,
    [...valuesOf(definition, asOf), afterId ?? "0", limit],
  );
}

/**
 * Users who are eligible when the data ends and at none of the observation dates: they came, or came back, too late for their outcome to
 * be known, and so no sample can hold them.
 */
export async function countCensored(
  session: Session,
  definition: ChurnDefinitionRow,
  observationDates: readonly Date[],
  now: Date,
): Promise<number> {
  const span = await dataSpan(session, definition, now);
  if (!span) return 0;
  const windows = [span.end, ...observationDates].map((date) => windowsAt(definition, date));
  const rows = await session.read<{ users: string }>(
    `select count(*) as users from (
       select d.user_id, bool_or(${IN_WINDOW("$2", "$3")}) as recent,
         bool_or(exists (select from unnest($4::timestamptz[], $5::timestamptz[]) as w (opens, closes) where ${IN_WINDOW("w.opens", "w.closes")})) as sampled
       from event_day d where d.type_id = any($1) and d.first_at < $3 group by d.user_id) seen
     where recent and not sampled`,
    [
      definition.typeIds,
      windows[0]!.lookbackFrom,
      windows[0]!.asOf,
      windows.slice(1).map(({ lookbackFrom }) => lookbackFrom),
      windows.slice(1).map(({ asOf }) => asOf),
    ],
  );
  return Number(rows[0]!.users);
}

/**
 * Whether the user `m` was active in a window, by SQL texts of the types and of the window's ends: by key, for a batch of the pipeline.
 * `among` says once more of `d.user_id` which users are meant: the planner does not conclude it.
 */
export const isEligible = (types: string, from: string, to: string, among: string) => `exists (
  select from event_day d
  where d.user_id = m.user_id and ${among} and d.type_id = any(${types}) and d.day >= (${from} at time zone 'UTC')::date
    and d.day <= (${to} at time zone 'UTC')::date and ${IN_WINDOW(from, to)})`;
