import type { Session } from "../store/pool.js";
import { writeSetting } from "../store/setting.js";
import { AMOUNT_UNITS } from "./history.js";
import { QUINTILES } from "./rfm.js";
import { RFM_TAGS, rfmBasis } from "./rfm.loader.js";
import { bumpCatalogue, lockCatalogue, tagCatalogue } from "./tag.loader.js";

/** What is known of all users together, once everybody has been refreshed: each tag's coverage, and the cuts of the RFM scores. */
export async function refreshCoverage(session: Session, asOf: Date): Promise<void> {
  const { bySlot, byKey } = await tagCatalogue(session);
  const metrics = bySlot.flatMap((tag) => (tag ? [tag] : []));
  const counted = metrics.map(({ slot }) => `count(m.numbers[${slot! + 1}])`).join(", ");
  const { rows } = await session.run<{ counts: string[]; users: string }>(
    `select array[${counted}]::bigint[] as counts, count(*) as users
     from app_user u left join user_metric m on m.user_id = u.id where u.first_seen_at < $1`,
    [asOf],
  );
  const users = Number(rows[0]!.users);
  await lockCatalogue(session);
  await session.read(
    `with held as (
       select tag_id, count(*) as users from user_tag t
       where (t.expires_at is null or t.expires_at > $1) and exists (select from app_user u where u.id = t.user_id and u.first_seen_at < $1)
       group by tag_id
       union all select * from unnest($2::int[], $3::bigint[])
     )
     update tag g set refreshed_at = $1, coverage = coalesce((select sum(h.users)::float8 from held h where h.tag_id = g.id) / nullif($4::float8, 0), 0)`,
    [asOf, metrics.map(({ id }) => id), rows[0]!.counts, users],
  );
  await bumpCatalogue(session);

  const basis = await rfmBasis(session);
  const slot = (key: string) => byKey.get(key)!.slot! + 1;
  const { recency, frequency, monetary } = RFM_TAGS[basis];
  const cuts = (number: string) => `percentile_cont(array[${QUINTILES}]) within group (order by ${number})`;
  const found = await session.run<{ users: string; recency: number[] | null; frequency: number[]; monetary: number[] }>(
    `select count(*) as users, ${cuts(`numbers[${slot(recency)}]`)} as recency, ${cuts(`numbers[${slot(frequency)}]`)} as frequency,
       ${cuts(`round(numbers[${slot(monetary)}] * ${AMOUNT_UNITS})`)} as monetary
     from user_metric where numbers[${slot(frequency)}] > 0`,
  );
  const population = found.rows[0]!;
  if (population.recency === null) return;
  await writeSetting(session, "rfm", {
    asOf: asOf.toISOString(),
    basis,
    users: Number(population.users),
    recency: population.recency,
    frequency: population.frequency,
    monetary: population.monetary.map((units) => units / AMOUNT_UNITS),
  });
}
