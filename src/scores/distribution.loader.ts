import { naturalBreaks } from "../math/natural-breaks.js";
import type { Session } from "../store/pool.js";

export interface Distribution {
  readonly definitionId: number;
  readonly count: number;
  readonly mean: number | null;
  readonly bins: { from: number; to: number; count: number }[];
}

/** Counts the scores of a definition in bins of equal width. */
export async function readDistribution(session: Session, definitionId: number, bins: number): Promise<Distribution> {
  const rows = await session.read<{ bin: number; count: string; total: number }>(
    `select least(width_bucket(probability, 0, 1, $2::int), $2) as bin, count(*), sum(probability) as total
     from churn_score where definition_id = $1 group by 1 order by 1`,
    [definitionId, bins],
  );
  const count = rows.reduce((sum, row) => sum + Number(row.count), 0);
  const counts = new Map(rows.map((row) => [row.bin, Number(row.count)]));
  return {
    definitionId,
    count,
    mean: count === 0 ? null : rows.reduce((sum, row) => sum + row.total, 0) / count,
    bins: Array.from({ length: bins }, (_, i) => ({ from: i / bins, to: (i + 1) / bins, count: counts.get(i + 1) ?? 0 })),
  };
}

/** Natural breaks of 200,000 values take 0.3 s; more are sampled by a hash of the user. */
const MOST_VALUES = 200_000;

/** The scores of a definition, a seeded sample of them where there are many. */
export async function readScores(session: Session, definitionId: number): Promise<Float64Array> {
  const rows = await session.read<{ probability: number }>(
    `select probability from churn_score where definition_id = $1 order by hashint8extended(user_id, 1) limit ${MOST_VALUES}`,
    [definitionId],
  );
  return Float64Array.from(rows, ({ probability }) => probability);
}

export async function naturalCuts(session: Session, definitionId: number, classes: number): Promise<number[]> {
  return naturalBreaks(await readScores(session, definitionId), classes)
    .slice(1)
    .map(({ min }) => min);
}
