import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRandom } from "../../src/math/random.js";
import { seedDepartments } from "../../src/people/department.step.js";
import type { ValueKind } from "../../src/tags/definition.js";
import { compile } from "../../src/tags/evaluate.js";
import { withFacts } from "../../src/tags/facts.loader.js";
import { DAY_MS, type Histories, HistoryWriter } from "../../src/tags/history.js";
import { readHistories, streamHistories } from "../../src/tags/history.loader.js";
import { seedTags } from "../../src/tags/library.step.js";
import { parseExpression } from "../../src/tags/parse.js";
import { openTestStore, type TestStore } from "../database.js";
import { condition, text, value } from "./expressions.js";
import { populate } from "./populate.js";
import { TYPES } from "./real.js";
import { sqlOf } from "./sql-of.js";

const USERS = 60;
const START = Date.UTC(2023, 0, 1);
const SPAN_DAYS = 500;
const ids = Array.from({ length: USERS }, (_, place) => String(place + 1));
let store: TestStore;

/** Habits of all kinds, some users with a single event or none; times to the minute, some of them equal, some on the edges of windows. */
beforeAll(async () => {
  store = await openTestStore();
  const random = seededRandom(99);
  const writer = new HistoryWriter(USERS);
  for (let user = 1; user <= USERS; user++) {
    writer.user(user);
    const times: number[] = [];
    const habit = user % 10 === 0 ? 0 : user % 7 === 0 ? 1 : Math.floor(3 + 40 * random());
    for (let n = 0; n < habit; n++) times.push(Math.floor(random() * SPAN_DAYS * 1440) * 60_000);
    if (user % 3 === 0) for (let day = 0; day < SPAN_DAYS; day += 30) times.push(day * DAY_MS);
    if (user % 4 === 0 && times.length > 0) times.push(times[0]!);
    for (const at of times.sort((a, b) => a - b)) {
      const type = 1 + Math.floor(random() * 4);
      writer.event(START + at, type, type === 2 ? Math.floor(random() * 1e7) - 1e6 : Number.NaN);
      for (let category = 0; category < random() * 4; category++) writer.category(1 + Math.floor(random() * 6));
    }
  }
  await populate(store, writer.finish());
  await seedDepartments(store.pool);
  await seedTags(store.pool);
  // Names whose order is not that of the numbers.
  await store.pool.read(
    "insert into category (id, key) select n, (array['f', 'B', 'd', 'a', 'é', 'c'])[n] from generate_series(1, 6) as n",
  );
  for (const [user, id] of ids.entries()) {
    const chosen = (...choices: unknown[]) => choices[Math.floor(random() * choices.length)];
    const attributes = {
      plan: chosen("Basic", "Pro", "Pro plus", "ÉTÉ", "", 7, undefined),
      seats: chosen(0, 1, 2.5, 12, "many", undefined),
      beta: chosen(true, false, "yes", null),
      born: chosen("1984-02-29", "1990-07-01", "2023-06-15T23:59:30.5Z", "2024-12-31T22:00:00-05:00", "soon", null),
    };
    await store.pool.read("update app_user set attributes = $2, channel = $3 where id = $1", [
      id,
      JSON.stringify(attributes),
      chosen("web", "App", null) ?? null,
    ]);
    for (const [key, value] of [
      ["vip", () => [null, null]],
      ["satisfaction", () => [Math.floor(random() * 11), null]],
      ["favourite_brand", () => [null, chosen("Pro", "Acme", "b") ?? null]],
    ] as const)
      for (let day = Math.floor(random() * 300); day < SPAN_DAYS && user % 5 > 0; day += Math.floor(random() * 200)) {
        const since = new Date(START + day * DAY_MS);
        day += 1 + Math.floor(random() * 150);
        const isHistory = random() < 0.7;
        await store.pool.run(
          `insert into ${isHistory ? "user_tag_history" : "user_tag"} (user_id, tag_id, number_value, text_value, since, ${isHistory ? "until" : "expires_at"}, source)
           select $1, id, $2, $3, $4, $5, 'test' from tag where key = $6 on conflict do nothing`,
          [id, ...value(), since, new Date(START + day * DAY_MS), key],
        );
      }
  }
});
afterAll(() => store.close());

/** Equal, or apart by what the order of a sum does to a double. */
function close(a: number | string, b: number | string): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
}

test("the engine says of every user what SQL says, for any definition at any day: in bulk, and for one", async () => {
  const vocabulary = {
    kindOfTag: () => undefined,
    isEventType: (key: string) => TYPES.some((type) => type.key === key),
    typeOfAttribute: () => undefined,
  };
  let compared = 0;
  let defined = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          condition.map((expression) => ({ kind: "condition" as const, expression })),
          value.map((expression) => ({ kind: "number" as const, expression })),
          text.map((expression) => ({ kind: "text" as const, expression })),
        ),
        { minLength: 1, maxLength: 12 },
      ),
      fc.oneof(fc.integer({ min: 0, max: SPAN_DAYS }), fc.double({ min: 0, max: SPAN_DAYS, noNaN: true })),
      async (asked, day) => {
        const expressions = asked.map(({ expression }) => expression);
        // Given tags are named by their keys outside.
        for (const { kind, expression } of asked)
          if (!JSON.stringify(expression).includes('"given"'))
            expect(parseExpression(expression, kind, vocabulary)).toEqual(expression);
        const asOf = new Date(START + Math.floor(day * DAY_MS));
        const { rows } = await store.pool.run<Record<string, any>>(sqlOf(asked, TYPES), [ids, asOf]);
        const program = compile(expressions, TYPES);
        const one = await withFacts(store.pool, await readHistories(store.pool, ids, asOf), program.needs);
        const columns = program(one, asOf.getTime());
        for (const [place, expression] of expressions.entries())
          for (const [user, row] of rows.entries()) {
            const wanted = row[`c${place}`] ?? Number.NaN;
            const found = answerOf(asked[place]!.kind, columns[place]![user]!, one);
            if (!close(wanted, found))
              throw new Error(
                `user ${row.id} at ${asOf.toISOString()}: ${found}, in SQL ${wanted}, of ${JSON.stringify(expression)}`,
              );
            compared++;
            if (!Number.isNaN(found)) defined++;
          }
        const stream = { before: asOf, chunkUsers: 7, needs: program.needs, everybody: true };
        const streamed: number[] = [];
        for await (const chunk of streamHistories(store.pool, stream)) {
          streamed.push(...chunk.userIds);
          const bulk = program(chunk, asOf.getTime());
          for (const [user, id] of chunk.userIds.entries())
            for (const [place, column] of bulk.entries()) {
              const { kind } = asked[place]!;
              if (
                !Object.is(answerOf(kind, column[user]!, chunk), answerOf(kind, columns[place]![ids.indexOf(String(id))]!, one))
              )
                throw new Error(`bulk differs for user ${id}`);
            }
        }
        expect(streamed).toEqual(streamed.toSorted((a, b) => a - b));
      },
    ),
    { numRuns: 400, seed: 31 },
  );
  expect(compared).toBeGreaterThan(30_000);
  expect(defined / compared, "most are defined").toBeGreaterThan(0.5);
});

function answerOf(kind: ValueKind, value: number, { facts }: Histories): number | string {
  return kind === "text" && !Number.isNaN(value) ? facts!.texts.textOf(value) : value;
}
