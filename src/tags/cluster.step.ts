import { CHANGE_COLUMNS, changeHead } from "../people/change.step.js";
import { numberArray, textArray } from "../store/arrays.js";
import type { Transaction } from "../store/pool.js";
import type { FoundClusters } from "./cluster.loader.js";

/** Where these assignments come from, as their `source` says. */
const CLUSTER_SOURCE = "clusters";

/** What a user of a cluster holds: its number, from 1, the largest cluster first. */
export function valueOfCluster(place: number): string {
  return String(place + 1);
}

/** Gives a TEXT tag to everybody by cluster; who is in another cluster than before, or in none, keeps that in the history. */
export async function assignClusters(
  transaction: Transaction,
  tagId: number,
  { userIds, clusterOf }: FoundClusters,
  now: Date,
): Promise<void> {
  const values = textArray(Array.from(clusterOf, valueOfCluster));
  await transaction.read(
    `insert into change (${CHANGE_COLUMNS})
     select ${changeHead("TagChange", "coalesce(f.user_id, h.user_id)")}, $4, coalesce(f.user_id, h.user_id), $1, to_jsonb(h.text_value), to_jsonb(f.value), null
     from unnest($2::bigint[], $3::text[]) as f (user_id, value)
     full join (select user_id, text_value from user_tag where tag_id = $1) h on h.user_id = f.user_id
     where f.value is distinct from h.text_value`,
    [tagId, numberArray(userIds), values, now],
  );
  await transaction.read(
    `with fresh as materialized (select * from unnest($2::bigint[], $3::text[]) as f (user_id, value)),
       ended as (
         delete from user_tag t where t.tag_id = $1 and not exists (select from fresh f where f.user_id = t.user_id and f.value = t.text_value)
         returning t.*
       )
     insert into user_tag_history (user_id, tag_id, since, number_value, text_value, until, source, evidence)
     select user_id, tag_id, since, number_value, text_value, $4, source, evidence from ended where since < $4
     on conflict (user_id, tag_id, since) do nothing`,
    [tagId, numberArray(userIds), values, now],
  );
  await transaction.read(
    `insert into user_tag (user_id, tag_id, text_value, since, source)
     select f.user_id, $1, f.value, $4, '${CLUSTER_SOURCE}' from unnest($2::bigint[], $3::text[]) as f (user_id, value)
     on conflict (user_id, tag_id) do nothing`,
    [tagId, numberArray(userIds), values, now],
  );
}
