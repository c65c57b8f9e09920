import { seededRandom } from "../../src/math/random.js";
import { copyIn } from "../../src/store/copy.js";
import type { Store } from "../../src/store/store.js";
import { LIFECYCLE_STAGES } from "../../src/tags/lifecycle-stage.js";
import { bumpCatalogue } from "../../src/tags/tag.loader.js";

export const TAGS = 200;
export const TAGS_PER_USER = 20;
const FIRST = Date.UTC(2026, 0, 1);
const TIERS = ["LOW", "MEDIUM", "HIGH"] as const;
const STAGES = LIFECYCLE_STAGES;

/** A population in memory: one bit per user and tag, one number per user and metric. Users are 1 to `users`. */
export interface Population {
  readonly users: number;
  readonly tags: readonly Uint32Array[];
  readonly probability: Float64Array;
  readonly metric: Float64Array;
  readonly stages: Uint8Array;
}

export function makePopulation(users: number): Population {
  const random = seededRandom(1);
  const words = Math.ceil((users + 1) / 32);
  const tags = Array.from({ length: TAGS }, () => new Uint32Array(words));
  const probability = new Float64Array(users + 1).fill(Number.NaN);
  const metric = new Float64Array(users + 1).fill(Number.NaN);
  const stages = new Uint8Array(users + 1);
  for (let user = 1; user <= users; user++) {
    for (let held = 0; held < TAGS_PER_USER; ) {
      // Squared, so that tags are as uneven as in life: the most common one is held by every second user, many by one in fifty.
      const words = tags[Math.floor(random() ** 2 * TAGS)]!;
      const bit = 1 << (user & 31);
      if ((words[user >> 5]! & bit) !== 0) continue;
      words[user >> 5]! |= bit;
      held++;
    }
    if (random() < 0.9) probability[user] = random();
    metric[user] = Math.floor(random() ** 2 * 20);
    stages[user] = Math.floor(random() * STAGES.length);
  }
  return { users, tags, probability, metric, stages };
}

export const stageAt = (place: number): string => STAGES[place]!;
/** By the cuts of the scheme `default`. */
export const tierOf = (probability: number): string => TIERS[probability >= 0.8 ? 2 : probability >= 0.5 ? 1 : 0]!;

/** Writes the population by COPY, as the rooms would have stored it. */
export async function fillPopulation(store: Store, population: Population): Promise<void> {
  const { users, tags, probability, metric, stages } = population;
  const { pool } = store;
  const [{ definition, scheme, slot }] = (await pool.read<{ definition: number; scheme: number; slot: number }>(
    `select (select id from churn_definition where is_default or key = 'retail' order by is_default desc limit 1) as definition,
       (select id from tier_scheme where key = 'default') as scheme, (select slot from tag where key = 'events_30d') as slot`,
  )) as [{ definition: number; scheme: number; slot: number }];
  const made = await pool.read<{ id: number }>(
    `insert into tag (key, name, family, kind, value_type, department_id, created_at, updated_at)
     select 'bench_' || n, 'Bench ' || n, 'CUSTOM', 'MANUAL', 'BOOLEAN', (select min(id) from department), $2, $2 from generate_series(0, $1::int - 1) as n order by n returning id`,
    [TAGS, new Date(FIRST)],
  );
  await bumpCatalogue(pool);
  await pool.read("select setval('user_number', $1)", [users]);
  await pool.transaction(async ({ client }) => {
    await copyIn(
      client,
      "app_user (id, first_seen_at, last_seen_at, lifecycle_stage, attributes, created_at, updated_at)",
      users,
      (row, index) => {
        row.int8(index + 1);
        row.epochMs(FIRST);
        row.epochMs(FIRST);
        row.text(stageAt(stages[index + 1]!));
        row.json({});
        row.epochMs(FIRST);
        row.epochMs(FIRST);
      },
    );
    let user = 1;
    let tag = -1;
    await copyIn(client, "user_tag (user_id, tag_id, since, source)", users * TAGS_PER_USER, (row) => {
      for (;;) {
        tag++;
        if (tag === TAGS) {
          tag = 0;
          user++;
        }
        if ((tags[tag]![user >> 5]! & (1 << (user & 31))) !== 0) break;
      }
      row.int8(user);
      row.int4(made[tag]!.id);
      row.epochMs(FIRST);
      row.text("bench");
    });
    const scored = Array.from(probability.keys()).filter((each) => !Number.isNaN(probability[each]!));
    await copyIn(
      client,
      "churn_score (user_id, definition_id, model_id, probability, scored_at)",
      scored.length,
      (row, index) => {
        row.int8(scored[index]!);
        row.int4(definition);
        row.int4(1);
        row.float8(probability[scored[index]!]!);
        row.epochMs(FIRST);
      },
    );
    await copyIn(client, "user_tier (user_id, scheme_id, tier, since, reason)", scored.length, (row, index) => {
      row.int8(scored[index]!);
      row.int4(scheme);
      row.text(tierOf(probability[scored[index]!]!));
      row.epochMs(FIRST);
      row.text("score");
    });
    const line = new Float64Array(slot + 1).fill(Number.NaN);
    await copyIn(client, "user_metric (user_id, as_of, numbers)", users, (row, index) => {
      line[slot] = metric[index + 1]!;
      row.int8(index + 1);
      row.epochMs(FIRST);
      row.float8s(line);
    });
  });
  await pool.run("vacuum analyze");
}
