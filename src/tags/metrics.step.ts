import { TidemarkError } from "../errors.js";
import { eventTypes } from "../events/event-type.loader.js";
import { copyIn } from "../store/copy.js";
import type { Pool, Transaction } from "../store/pool.js";
import { computedTags } from "./compute.loader.js";
import { compile } from "./evaluate.js";
import { readHistories, streamHistories } from "./history.loader.js";
import type { Computed } from "./holding.js";
import { type LifecycleStage, lifecycleStage } from "./lifecycle-stage.js";
import { tagCatalogue } from "./tag.loader.js";

/** Where computed assignments come from, as their `source` says. */
export const COMPUTED_SOURCE = "computed";

/**
 * The pipeline step: computes the tags of a batch of users at an instant from their events, and writes what is different.
 * METRIC tags become one row of numbers; RULE and DECLINE tags assignments, of which those that ended go into the history.
 * What people or other systems assigned is not touched.
 *
 * Computing again at the instant of the stored state is a correction (a late event): what then does not hold is taken back, as
 * though it had never been written. The result is that of a rebuild from nothing.
 *
 * @throws STALE_AS_OF when one of the users has been brought to a later instant
 */
export async function refreshTags(transaction: Transaction, userIds: readonly string[], asOf: Date): Promise<void> {
  await refuseStale(transaction, userIds, asOf);
  const { compute, catalogue } = await computedTags(transaction);
  const ids = [...userIds].sort((a, b) => Number(a) - Number(b));
  const histories = await readHistories(transaction, ids, asOf);
  const computed = compute(histories, asOf.getTime());
  const days = (key: string) => computed.numbers[catalogue.byKey.get(key)?.slot ?? -1];
  const stages = ids.map((_, user) => lifecycleStage(days("recency_days")?.[user] ?? NaN, days("tenure_days")?.[user] ?? NaN));
  await stage(transaction, ids, computed, stages);
  for (const statement of [END, ASSIGN, MEASURE, STAGE_OF_LIFE])
    await transaction.read(statement, statement === ASSIGN ? [] : statement === END ? [ids, asOf] : [asOf]);
}

async function refuseStale(transaction: Transaction, userIds: readonly string[], asOf: Date): Promise<void> {
  const [latest] = await transaction.read<{ asOf: Date | null }>(
    `select max(as_of) as "asOf" from user_metric where user_id = any($1::bigint[])`,
    [userIds],
  );
  if (latest?.asOf && latest.asOf > asOf)
    throw new TidemarkError(
      "STALE_AS_OF",
      `The tags of these users stand at ${latest.asOf.toISOString()}, and cannot be taken back to ${asOf.toISOString()}. Refresh at that day or a later one; for a past day, ask on demand with asOf.`,
    );
}

/** What was computed, as rows beside the tables: the difference is then found and written by the server. */
async function stage(
  { client }: Transaction,
  ids: readonly string[],
  { numbers, holdings }: Computed,
  stages: readonly (LifecycleStage | null)[],
): Promise<void> {
  await client.query(
    `create temp table if not exists tag_stage (user_id bigint not null, tag_id int not null, since timestamptz not null, evidence jsonb) on commit delete rows`,
  );
  await client.query(
    `create temp table if not exists metric_stage (user_id bigint not null, numbers double precision[] not null, lifecycle_stage text) on commit delete rows`,
  );
  await client.query("truncate tag_stage, metric_stage");
  for (const { tagId, users, since, evidence } of holdings) {
    if (users.length === 0) continue;
    await copyIn(client, "tag_stage (user_id, tag_id, since, evidence)", users.length, (row, place) => {
      row.int8(ids[users[place]!]!);
      row.int4(tagId);
      row.epochMs(since[place]!);
      row.json(evidence?.[place] ?? null);
    });
  }
  const line = new Float64Array(numbers.length);
  await copyIn(client, "metric_stage (user_id, numbers, lifecycle_stage)", ids.length, (row, user) => {
    for (let slot = 0; slot < numbers.length; slot++) line[slot] = numbers[slot]?.[user] ?? Number.NaN;
    row.int8(ids[user]!);
    row.float8s(line);
    row.text(stages[user]);
  });
}

/**
 * Assignments that no longer hold end, as do those that have begun anew: that did not hold at a midnight after the last refresh (`since` is the
 * earliest midnight of the run, so the one before it is it). What was a mistake of this very instant vanishes.
 */
const END = `
  with ended as (
    delete from user_tag t using tag g, user_metric m
    where t.user_id = any($1::bigint[]) and g.id = t.tag_id and g.kind in ('RULE', 'DECLINE') and m.user_id = t.user_id
      and not exists (select from tag_stage s where s.user_id = t.user_id and s.tag_id = t.tag_id
        and date_trunc('day', s.since - interval '1 microsecond') <= m.as_of)
    returning t.user_id, t.tag_id, t.since, t.number_value, t.text_value, t.source, t.evidence, m.as_of
  )
  insert into user_tag_history (user_id, tag_id, since, number_value, text_value, until, source, evidence)
  select e.user_id, e.tag_id, e.since, e.number_value, e.text_value, coalesce(s.since, $2), e.source, e.evidence
  from ended e left join tag_stage s on s.user_id = e.user_id and s.tag_id = e.tag_id
  where e.as_of < $2 and e.since < coalesce(s.since, $2)
  on conflict (user_id, tag_id, since) do update set until = excluded.until, source = excluded.source, evidence = excluded.evidence`;

const ASSIGN = `
  insert into user_tag as t (user_id, tag_id, since, source, evidence)
  select user_id, tag_id, since, '${COMPUTED_SOURCE}', evidence from tag_stage
  on conflict (user_id, tag_id) do update set since = excluded.since, source = excluded.source, evidence = excluded.evidence
  where (t.since, t.source, t.evidence) is distinct from (excluded.since, excluded.source, excluded.evidence)`;

const MEASURE = `
  insert into user_metric as m (user_id, as_of, numbers)
  select user_id, $1, numbers from metric_stage
  on conflict (user_id) do update set as_of = excluded.as_of, numbers = excluded.numbers
  where (m.as_of, m.numbers) is distinct from (excluded.as_of, excluded.numbers)`;

const STAGE_OF_LIFE = `
  update app_user u set lifecycle_stage = s.lifecycle_stage, updated_at = $1
  from metric_stage s where u.id = s.user_id and u.lifecycle_stage is distinct from s.lifecycle_stage`;

/** Numbers of all users with an activity before an instant, straight from the events: what models are trained on. */
export interface TagMatrix {
  /** Ascending. */
  readonly userIds: Float64Array;
  /** One column per key, in their order; NaN where undefined, truth as 0 or 1. */
  readonly columns: Float64Array[];
}

/** @throws UNKNOWN_TAG when a key is not that of a computed tag */
export async function tagMatrix(
  pool: Pool,
  { asOf, keys }: { readonly asOf: Date; readonly keys: readonly string[] },
): Promise<TagMatrix> {
  const { definitions } = await tagCatalogue(pool);
  const unknown = keys.find((key) => !definitions.has(key));
  if (unknown !== undefined)
    throw new TidemarkError(
      "UNKNOWN_TAG",
      `${JSON.stringify(unknown)} is not the key of a computed tag; \`tags\` lists those there are.`,
    );
  const program = compile([{ measure: "count" }, ...keys.map((tag) => ({ tag }))], await eventTypes(pool), definitions);
  const parts: { userIds: Float64Array; columns: Float64Array[] }[] = [];
  for await (const histories of streamHistories(pool, { before: asOf })) {
    const [active, ...columns] = program(histories, asOf.getTime());
    const chosen = (_: number, user: number) => active![user]! > 0;
    parts.push({ userIds: histories.userIds.filter(chosen), columns: columns.map((column) => column.filter(chosen)) });
  }
  return {
    userIds: joined(parts.map(({ userIds }) => userIds)),
    columns: keys.map((_, place) => joined(parts.map(({ columns }) => columns[place]!))),
  };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
