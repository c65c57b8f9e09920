import type { Pool } from "../store/pool.js";
import type { Bound } from "./bind.js";
import { AHEAD, NOBODY } from "./bitmap.js";
import { type Instant, Parameters } from "./compile.js";
import { isExact, type MembersQuestion, withMembers, withOpen } from "./members.js";

/** Users of whom rows decide beside the bits of all others. Of more, and before bits were made, everybody's rows are read instead. */
const MOST_LATE = 20_000;
/** Users whom bits leave open and whose rows are looked up one by one; of more, the leaf in question is read of everybody at once. */
const MOST_OPEN = 20_000;
/** How far the clock of another process may run ahead before its refresh counts as one of a later day. */
const SKEW = "1 minute";

interface BitsQuestion {
  readonly wheres: readonly (Bound | undefined)[];
  readonly at: Instant;
  readonly allTags?: boolean;
}

/**
 * Asks the bits of the members (members.ts) by one statement, which sees one state of the store. Undefined: bits cannot answer, as for
 * a past instant, and the rows have to.
 *
 * @param select rows from the CTEs of `withMembers`; `rest` is there where `withLate` says so
 */
export async function askBits<Row extends object>(
  pool: Pool,
  question: BitsQuestion,
  select: (parameters: Parameters, withLate: boolean) => string,
): Promise<readonly Row[] | undefined> {
  const late = await readLate(pool, question.at);
  if (late === undefined) return undefined;
  const narrow = question.wheres.flatMap((where, i) => (isExact(where, question.at) ? [] : [i]));
  const wide = narrow.length === 0 ? new Set<number>() : await tooOpen(pool, question, narrow);
  const ask = async (withLate: boolean) => {
    const parameters = new Parameters();
    const members = withMembers({ ...question, wide, withLate }, parameters);
    const text = `${members} select (select count(*)::int from late) as late, (select coalesce(json_agg(x), '[]') from (${select(parameters, withLate)}) as x) as rows`;
    return (await pool.run<{ late: number; rows: Row[] }>(text, parameters.values)).rows[0]!;
  };
  const withLate = late > 0;
  const answer = await ask(withLate);
  // Somebody wrote between the two statements: asked again, with the rows of those users.
  return withLate || answer.late === 0 ? answer.rows : (await ask(true)).rows;
}

/** How many users' bits do not count now; undefined: of too many, or bits do not answer for this instant at all. */
async function readLate(pool: Pool, { asOf, past }: Instant): Promise<number | undefined> {
  if (past) return undefined;
  const [state] = await pool.read<{ late: number; ready: boolean }>(
    `select (select count(*)::int from (select from user_stale limit ${MOST_LATE + 1}) as c)
         + (select count(*)::int from (select from user_tag where expires_at <= $1 limit ${MOST_LATE + 1}) as t)
         + (select coalesce(sum(bit_count(bits)), 0)::int from user_bitmap where leaf = '${AHEAD}' and bits <> ${NOBODY}) as late,
       exists (select from setting where key = 'bitmaps')
         and not exists (select from setting where key = 'refreshed' and (value ->> 'asOf')::timestamptz > $1::timestamptz + interval '${SKEW}') as ready`,
    [asOf],
  );
  return state!.ready && state!.late <= MOST_LATE ? state!.late : undefined;
}

/** Which of the expressions leave so many users open that their rows are better read of everybody. */
async function tooOpen(pool: Pool, question: BitsQuestion, narrow: readonly number[]): Promise<Set<number>> {
  const parameters = new Parameters();
  const counted: MembersQuestion = {
    ...question,
    wheres: narrow.map((i) => question.wheres[i]),
    wide: new Set(),
    withLate: false,
  };
  const open = withOpen(counted, parameters);
  const counts = narrow.map((_, place) => `coalesce(sum(bit_count(o${place})), 0)::int as o${place}`);
  const { rows } = await pool.run<Record<string, number>>(`${open} select ${counts.join(", ")} from base`, parameters.values);
  return new Set(narrow.filter((_, place) => rows[0]![`o${place}`]! > MOST_OPEN));
}
