import type { Pool } from "../store/pool.js";
import { writeSetting } from "../store/setting.js";
import { AMOUNT_UNITS } from "./history.js";
import { QUINTILES } from "./rfm.js";
import { RFM_TAGS, rfmBasis } from "./rfm.loader.js";
import { bumpCatalogue, lockCatalogue, tagCatalogue } from "./tag.loader.js";

/** How many users of the population hold each of some tags at an instant; who holds none may be missing. */
export type CountHolders = (pool: Pool, asOf: Date, tagIds: readonly number[]) => Promise<ReadonlyMap<number, number>>;

/** What is known of all users together, once everybody has been refreshed: each tag's coverage, and the cuts of the RFM scores. */
export async function refreshCoverage(pool: Pool, asOf: Date, countHolders: CountHolders): Promise<void> {
  const { tags, bySlot, byKey } = await tagCatalogue(pool);
  const metrics = bySlot.flatMap((tag) => (tag ? [tag] : []));
  const counted = metrics.map(({ slot }) => `count(m.numbers[${slot! + 1}])`).join(", ");
  const { rows } = await pool.run<{ counts: string[]; users: string }>(
    `select array[${counted}]::bigint[] as counts, count(*) as users
     from app_user u left join user_metric m on m.user_id = u.id where u.first_seen_at < $1`,
    [asOf],
  );
  const users = Number(rows[0]!.users);
  const isMeasured = new Set(metrics.map(({ id }) => id));
  const others = tags.flatMap(({ id }) => (isMeasured.has(id) ? [] : [id]));
  const holders = await countHolders(pool, asOf, others);
  const ids = [...isMeasured, ...others];
  const counts = [...rows[0]!.counts.map(Number), ...others.map((id) => holders.get(id) ?? 0)];
  await pool.transaction(async (transaction) => {
    await lockCatalogue(transaction);
    await transaction.read(
      `update tag g set refreshed_at = $1, coverage = coalesce(c.users::float8 / nullif($4::float8, 0), 0)
       from unnest($2::int[], $3::bigint[]) as c (tag_id, users) where g.id = c.tag_id`,
      [asOf, ids, counts, users],
    );
    await bumpCatalogue(transaction);
  });

  const basis = await rfmBasis(pool);
  const slot = (key: string) => byKey.get(key)!.slot! + 1;
  const { recency, frequency, monetary } = RFM_TAGS[basis];
  const cuts = (number: string) => `percentile_cont(array[${QUINTILES}]) within group (order by ${number})`;
  const found = await pool.run<{ users: string; recency: number[] | null; frequency: number[]; monetary: number[] }>(
    `select count(*) as users, ${cuts(`numbers[${slot(recency)}]`)} as recency, ${cuts(`numbers[${slot(frequency)}]`)} as frequency,
       ${cuts(`round(numbers[${slot(monetary)}] * ${AMOUNT_UNITS})`)} as monetary
     from user_metric where numbers[${slot(frequency)}] > 0`,
  );
  const population = found.rows[0]!;
  if (population.recency === null) return;
  await writeSetting(pool, "rfm", {
    asOf: asOf.toISOString(),
    basis,
    users: Number(population.users),
    recency: population.recency,
    frequency: population.frequency,
    monetary: population.monetary.map((units) => units / AMOUNT_UNITS),
  });
}
