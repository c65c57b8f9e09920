import "reflect-metadata";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contextOfWork } from "../../src/request.js";
import { markDue } from "../../src/segments/due.step.js";
import { moveMembers } from "../../src/segments/member.step.js";
import { usableSegments } from "../../src/segments/membership.loader.js";
import { instantNow } from "../../src/segments/population.loader.js";
import { runSegments } from "../../src/segments/run.step.js";
import { membershipStatement } from "../../src/segments/statement.js";
import { openTestStore, type TestStore } from "../database.js";
import { expressions } from "./expressions.js";
import { type Question, satisfies } from "./naive.js";
import { CATALOGUE, makePeople, NOW, storePeople } from "./population.js";

const DAY = 86_400_000;
const people = makePeople(200, 20_262);
const EXPRESSIONS = 250;
/** Saved at once; the store keeps 500. */
const SEGMENTS = 450;
const STEPS = 5;

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  const { pool } = store;
  await storePeople(pool, people);
  await pool.read("insert into department (key, name) values ('company', 'Company') on conflict do nothing");
  const at = new Date(NOW);
  for (const { id, key, kind, valueType, slot } of CATALOGUE.tags.values())
    await pool.read(
      `insert into tag (id, key, name, family, kind, value_type, department_id, definition, slot, created_at, updated_at)
       select $1, $2, $2, 'CUSTOM', $3, $4, d.id, $5::jsonb, $6, $7, $7 from department d where d.key = 'company'`,
      [
        ...[id, key, kind, valueType],
        kind === "DECLINE" ? JSON.stringify({ expression: 0, decline: { current: { tag: "events_30d" } } }) : null,
        ...[slot, at],
      ],
    );
  for (const [key, { id, kind }] of CATALOGUE.eventTypes)
    await pool.read("insert into event_type (id, key, name, kind) values ($1, $2, $2, $3)", [id, key, kind]);
  for (const [key, id] of CATALOGUE.categories) await pool.read("insert into category (id, key) values ($1, $2)", [id, key]);
  for (const [key, { id, tiers }] of CATALOGUE.schemes)
    await pool.read(
      "insert into tier_scheme (id, key, method, cuts, tiers, updated_at) values ($1, $2, 'FIXED', '{}', $3::jsonb, $4)",
      [id, key, JSON.stringify(tiers.map((tier) => ({ key: tier, name: tier }))), at],
    );
  await pool.read(
    `insert into churn_definition (id, key, name, kind, event_types, horizon_days, lookback_days, is_default)
     values (1, 'churn', 'Churn', 'INTERACTION', '{login}', 30, 90, true)`,
  );
});
afterAll(() => store.close());

/** Takes the place of what was saved before. */
async function save(expressionsToSave: ReadonlyMap<string, unknown>, at: Date): Promise<void> {
  await store.pool.transaction(async (transaction) => {
    await transaction.read("delete from segment_member");
    await transaction.read("delete from segment");
    for (const [key, expression] of [...CATALOGUE.segments, ...expressionsToSave])
      await transaction.read(
        `insert into segment (key, name, expression, department_id, created_at, updated_at) select $1, $1, $2::jsonb, id, $3, $3 from department where key = 'company'`,
        [key, JSON.stringify(expression), at],
      );
    await transaction.read(
      `insert into setting (key, value) select k, jsonb_build_object('version', gen_random_uuid()) from unnest(array['segments', 'tags', 'catalogues']) k
       on conflict (key) do update set value = excluded.value`,
    );
  });
}

/** Everybody who is due until an instant, and nobody else. */
function carry(until: Date): Promise<number> {
  return store.pool.transaction(async (transaction) => {
    const ids = await markDue(transaction, until, people.length);
    await moveMembers(transaction, ids, until);
    await transaction.read("delete from user_change");
    return ids.length;
  });
}

async function stored(): Promise<Map<string, string>> {
  const rows = await store.pool.read<{ key: string; ids: string }>(
    "select s.key, coalesce(string_agg(m.user_id::text, ' ' order by m.user_id), '') as ids from segment s left join segment_member m on m.segment_id = s.id group by s.key",
  );
  return new Map(rows.map(({ key, ids }) => [key, ids]));
}

/** Asked anew, as `users(where: {segment})` is, and said by the plain evaluator. */
async function asked(at: Date): Promise<{ sql: Map<string, string>; plain: Map<string, string> }> {
  const context = contextOfWork(store.pool, at);
  const usable = await usableSegments(context);
  const question: Question = {
    asOf: at.getTime(),
    metricTags: new Set([...CATALOGUE.tags.values()].filter(({ kind }) => kind === "METRIC").map(({ key }) => key)),
    computedTags: new Set(),
    segments: Object.fromEntries(usable.map(({ segment }) => [segment.key, segment.expression])),
    breaks: () => [],
    rfmNow: () => null,
    activityTypes: new Set(["login", "order"]),
  };
  const sql = new Map<string, string>();
  const plain = new Map<string, string>();
  for (let from = 0; from < usable.length; from += 25) {
    const some = usable.slice(from, from + 25);
    const wheres = some.map(({ segment, where }) => {
      if (where instanceof Error) throw new Error(`${segment.key}: ${where.message}`);
      return where;
    });
    const ids = people.map(({ id }) => String(id));
    const { text, values } = membershipStatement(wheres, await instantNow(context, wheres, ids), ids);
    const { rows } = await store.pool.run<{ id: string } & Record<string, unknown>>(text, values);
    for (const [i, { segment }] of some.entries()) {
      const members = rows.filter((row) => row[`s${i}`] === true).map(({ id }) => Number(id));
      sql.set(segment.key, members.sort((a, b) => a - b).join(" "));
    }
  }
  for (const { segment } of usable)
    plain.set(
      segment.key,
      people
        .filter(({ firstSeenAt }) => firstSeenAt !== null && firstSeenAt < at.getTime())
        .filter((person) => satisfies(person, segment.expression, question))
        .map(({ id }) => id)
        .join(" "),
    );
  return { sql, plain };
}

test(`members of ${EXPRESSIONS} random segments are those who satisfy them, at every instant, whoever asks and by whichever way`, async () => {
  // What is computed from events and stands still here: the tags' own tests hold it.
  const inputs = fc
    .sample(expressions, { numRuns: EXPRESSIONS * 2, seed: NOW })
    .filter((input) => !/"(rfm|behaviorBreak)"/.test(JSON.stringify(input)))
    .slice(0, EXPRESSIONS);
  expect(inputs).toHaveLength(EXPRESSIONS);
  let [moved, flipped] = [0, 0];
  for (let from = 0; from < inputs.length; from += SEGMENTS) {
    let at = new Date(NOW - 40 * DAY);
    await save(new Map(inputs.slice(from, from + SEGMENTS).map((input, i) => [`k${from + i}`, input])), at);
    await runSegments(store.pool, at);
    for (let step = 0; step < STEPS; step++) {
      const members = await stored();
      const { sql, plain } = await asked(at);
      expect(members, at.toISOString()).toEqual(sql);
      expect(members, at.toISOString()).toEqual(plain);
      at = new Date(at.getTime() + (step * step * 1.3 + 0.1) * DAY + step * 7_777_777);
      moved += await carry(at);
      const after = await stored();
      for (const [key, ids] of after) if (ids !== members.get(key)) flipped++;
    }
  }
  expect(moved, "users were due").toBeGreaterThan(people.length);
  expect(flipped, "and segments changed").toBeGreaterThan(EXPRESSIONS / 2);
}, 120_000);
