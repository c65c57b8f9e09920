import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordEvents } from "../src/events/record.step.js";
import { mergeUsers, unmergeUser } from "../src/people/merge.step.js";
import { upsertUsers } from "../src/people/upsert.step.js";
import { advance } from "../src/pipeline.js";
import { buildGraph } from "../src/schema.js";
import { seed } from "../src/seed.js";
import { assignTags } from "../src/tags/assign.step.js";
import { createTag, moveTag } from "../src/tags/catalogue.step.js";
import { DAY_MS } from "../src/tags/history.js";
import { publishTag, rollbackTag, updateTag } from "../src/tags/revision.step.js";
import { tagCatalogue } from "../src/tags/tag.loader.js";
import { openTestStore, type TestStore } from "./database.js";

// The rooms say how their tables follow a merge when their doors are loaded.
buildGraph();

const START = Date.UTC(2024, 0, 1);
const PEOPLE = ["ann", "bob", "cyd", "dan", "eve"];
const TYPES = ["visit", "order", "complaint"];
let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
  await seed(store.pool);
  const now = new Date(START);
  const tag = { family: "CUSTOM", department: "marketing" } as const;
  for (const made of [
    { key: "pace", name: "Pace", kind: "METRIC", definition: measure(30) } as const,
    { key: "many", name: "Many", kind: "RULE", definition: rule(3) } as const,
    { key: "mood", name: "Mood", kind: "RULE", valueType: "TEXT", definition: MOOD } as const,
  ]) {
    expect((await createTag(store.pool, { ...tag, ...made }, "test", now)).errors).toEqual([]);
    const move = { key: made.key, to: "ACTIVE", by: "test", reason: null } as const;
    expect((await moveTag(store.pool, move, [], now)).errors).toEqual([]);
  }
});
afterAll(() => store.close());

/** Made from what people and systems say of a user, and from what the user did. */
const MOOD = {
  text: 'case(tag.satisfaction <= 6, concat("cross ", attribute.plan), tag.vip, "dear", tag.pace >= 2, coalesce(lower(tag.core_category), "busy"))',
};
const rule = (atLeast: number) => ({ gte: [{ tag: "pace" }, atLeast] });
const measure = (days: number) => ({ measure: "count", days });

interface Event {
  readonly type: string;
  readonly at: number;
  readonly eventId: string;
  readonly amount: string | null;
  readonly category: string | null;
}

type Command =
  | {
      readonly do: "record";
      readonly who: number;
      readonly events: readonly { type: string; daysAgo: number; amount: number; category: number }[];
    }
  | { readonly do: "replay"; readonly from: number; readonly count: number }
  | { readonly do: "upsert"; readonly who: number }
  | { readonly do: "assign"; readonly who: number; readonly satisfaction: number | null; readonly days: number }
  | { readonly do: "merge"; readonly into: number; readonly from: number }
  | { readonly do: "unmerge"; readonly which: number }
  | { readonly do: "define"; readonly tag: "many" | "pace"; readonly by: number }
  | { readonly do: "rollback"; readonly tag: "many" | "pace" }
  | { readonly do: "advance"; readonly days: number };

const who = fc.integer({ min: 0, max: PEOPLE.length - 1 });
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("record" as const),
      who,
      events: fc.array(
        fc.record({
          type: fc.constantFrom(...TYPES),
          // Some late, some of now.
          daysAgo: fc.oneof(
            fc.constant(0),
            fc.double({ min: 0, max: 5, noNaN: true }),
            fc.double({ min: 0, max: 90, noNaN: true }),
          ),
          amount: fc.integer({ min: 1, max: 100_000 }),
          category: fc.integer({ min: 0, max: 3 }),
        }),
        { minLength: 1, maxLength: 8 },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("replay" as const), from: fc.nat(20), count: fc.integer({ min: 1, max: 10 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("upsert" as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("assign" as const),
      who,
      satisfaction: fc.option(fc.integer({ min: 0, max: 10 })),
      days: fc.integer({ min: 1, max: 60 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("merge" as const), into: who, from: who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("unmerge" as const), which: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("define" as const),
      tag: fc.constantFrom("many", "pace"),
      by: fc.integer({ min: 1, max: 60 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("rollback" as const), tag: fc.constantFrom("many", "pace") }) },
  // Left out between writes: a process that was killed before it carried anybody forward.
  { weight: 4, arbitrary: fc.record({ do: fc.constant("advance" as const), days: fc.double({ min: 0, max: 40, noNaN: true }) }) },
);

/** What the store should know of the facts: the least that could hold them. */
class Facts {
  clock = START + 100 * DAY_MS;
  readonly sent: { readonly who: string; readonly event: Event }[] = [];
  /** The person that a name stands for. */
  readonly personOf = new Map(PEOPLE.map((name) => [name, name]));
  readonly eventsOf = new Map<string, Map<string, Event>>();
  readonly merged: {
    readonly person: string;
    readonly into: string;
    readonly names: string[];
    readonly own: Map<string, Event>;
    readonly gained: string[];
  }[] = [];

  record(name: string, event: Event): void {
    const person = this.personOf.get(name)!;
    const events = this.eventsOf.get(person) ?? new Map<string, Event>();
    this.eventsOf.set(person, events);
    if (!events.has(event.eventId)) events.set(event.eventId, event);
  }

  merge(into: string, person: string): void {
    const own = this.eventsOf.get(person) ?? new Map<string, Event>();
    const events = this.eventsOf.get(into) ?? new Map<string, Event>();
    const gained = [...own.keys()].filter((id) => !events.has(id));
    for (const id of gained) events.set(id, own.get(id)!);
    this.eventsOf.set(into, events);
    this.eventsOf.delete(person);
    const names = PEOPLE.filter((name) => this.personOf.get(name) === person);
    for (const name of names) this.personOf.set(name, into);
    this.merged.push({ person, into, names, own, gained });
  }

  unmerge({ person, into, names, own, gained }: Facts["merged"][number]): void {
    for (const id of gained) this.eventsOf.get(into)!.delete(id);
    this.eventsOf.set(person, own);
    for (const name of names) this.personOf.set(name, person);
    this.merged.splice(
      this.merged.findIndex((each) => each.person === person),
      1,
    );
  }
}

const send = (events: readonly { readonly who: string; readonly event: Event }[], now: Date) =>
  recordEvents(
    store.pool,
    events.map(({ who: externalId, event: { type, at, eventId, amount, category } }) => ({
      externalId,
      type,
      occurredAt: new Date(at).toISOString(),
      eventId,
      amount,
      category,
    })),
    now,
  );

async function idOf(name: string): Promise<string | undefined> {
  const [row] = await store.pool.read<{ id: string }>("select user_id as id from user_identity where external_id = $1", [name]);
  return row?.id;
}

async function carryOut(step: Command, facts: Facts, idOfPerson: Map<string, string>): Promise<void> {
  const now = new Date(facts.clock);
  switch (step.do) {
    case "record": {
      const events = step.events.map(({ type, daysAgo, amount, category }, place) => ({
        who: PEOPLE[step.who]!,
        event: {
          type,
          at: Math.floor(facts.clock - daysAgo * DAY_MS),
          eventId: `e${facts.sent.length + place}`,
          amount: type === "order" ? String(amount / 100) : null,
          category: type === "complaint" ? null : `c${category}`,
        },
      }));
      facts.sent.push(...events);
      for (const { who: name, event } of events) facts.record(name, event);
      expect((await send(events, now)).rejected).toEqual([]);
      return;
    }
    case "replay": {
      const again = facts.sent.slice(step.from, step.from + step.count);
      // What a parted user had is its own again: sent once more under its name it may be new to it.
      for (const { who: name, event } of again) facts.record(name, event);
      await send(again.toReversed(), now);
      return;
    }
    case "upsert":
      await upsertUsers(store.pool, [{ externalId: PEOPLE[step.who], attributes: { plan: `plan ${facts.clock % 3}` } }], now);
      return;
    case "assign": {
      // Refused where nobody is known by that name yet.
      const about = {
        externalId: PEOPLE[step.who],
        since: new Date(facts.clock - step.days * DAY_MS).toISOString(),
        expiresAt: new Date(facts.clock + step.days * DAY_MS).toISOString(),
      };
      const tag = step.satisfaction === null ? { tag: "vip" } : { tag: "satisfaction", value: step.satisfaction };
      await assignTags(store.pool, [{ ...about, ...tag }], now);
      return;
    }
    case "merge": {
      const [into, person] = [facts.personOf.get(PEOPLE[step.into]!)!, facts.personOf.get(PEOPLE[step.from]!)!];
      const [intoUserId, userId] = [await idOf(PEOPLE[step.into]!), await idOf(PEOPLE[step.from]!)];
      if (into === person || intoUserId === undefined || userId === undefined) return;
      idOfPerson.set(person, userId);
      await mergeUsers(store.pool, { userIds: [userId], intoUserId, by: "test" }, now);
      facts.merge(into, person);
      return;
    }
    case "unmerge": {
      // The latest of the chain only: another is refused.
      const open = facts.merged.filter(({ into }) => !facts.merged.some(({ person }) => person === into));
      const last = open[step.which % Math.max(1, open.length)];
      if (last === undefined) return;
      await unmergeUser(store.pool, idOfPerson.get(last.person)!, now);
      facts.unmerge(last);
      return;
    }
    case "define": {
      const definition = step.tag === "many" ? rule(step.by % 10) : measure(step.by);
      await updateTag(store.pool, { key: step.tag, definition }, now);
      await publishTag(store.pool, { key: step.tag, by: "test", reason: null }, now);
      return;
    }
    case "rollback":
      await rollbackTag(store.pool, { key: step.tag, by: "test", reason: null }, 1, now);
      return;
    case "advance":
      facts.clock += Math.floor(step.days * DAY_MS);
      await advance(store.pool, new Date(facts.clock));
  }
}

/** Everything that is computed of each person, by the first of the names. */
async function computed(facts: Facts): Promise<Map<string, unknown>> {
  const { tags } = await tagCatalogue(store.pool);
  const keyOf = new Map(tags.map(({ id, key }) => [id, key]));
  const slots = tags.flatMap(({ slot, key }) => (slot === null ? [] : [[key, slot] as const]));
  const rows = await store.pool.read<{
    name: string;
    stage: string;
    first: Date;
    last: Date;
    asOf: Date;
    numbers: number[];
    tags: any[];
  }>(
    `select (select min(external_id) from user_identity i where i.user_id = u.id) as name, u.lifecycle_stage as stage, u.first_seen_at as first,
       u.last_seen_at as last, m.as_of as "asOf", m.numbers,
       (select json_agg(json_build_array(t.tag_id, t.since, t.evidence, t.text_value) order by t.tag_id) from user_tag t where t.user_id = u.id and t.source = 'computed') as tags
     from app_user u left join user_metric m on m.user_id = u.id where exists (select from event e where e.user_id = u.id)`,
  );
  const people = new Map<string, unknown>();
  for (const { name, numbers, tags: held, ...rest } of rows)
    people.set(facts.personOf.get(name)!, {
      ...rest,
      numbers: Object.fromEntries(slots.map(([key, slot]) => [key, numbers[slot]])),
      tags: (held ?? []).map(([id, ...about]) => [keyOf.get(id), ...about]),
    });
  return people;
}

/** What people and systems said of each person: no less a fact than an event. */
async function saidOf(facts: Facts) {
  const rows = await store.pool.read<{
    name: string;
    attributes: object;
    channel: string | null;
    given: object[];
    ended: object[];
  }>(
    `select (select min(external_id) from user_identity i where i.user_id = u.id) as name, u.attributes, u.channel,
       (select json_agg(t) from user_tag t where t.user_id = u.id and t.source <> 'computed') as given,
       (select json_agg(t) from user_tag_history t where t.user_id = u.id and t.source <> 'computed') as ended
     from app_user u where exists (select from event e where e.user_id = u.id)`,
  );
  return rows.map(({ name, ...said }) => ({ person: facts.personOf.get(name)!, ...said }));
}

async function sayAgain(said: Awaited<ReturnType<typeof saidOf>>): Promise<void> {
  for (const { person, attributes, channel, given, ended } of said) {
    const id = (await idOf(person))!;
    await store.pool.read("update app_user set attributes = $2, channel = $3 where id = $1", [
      id,
      JSON.stringify(attributes),
      channel,
    ]);
    for (const [table, rows] of [
      ["user_tag", given],
      ["user_tag_history", ended],
    ] as const)
      await store.pool.read(
        `insert into ${table} select (jsonb_populate_record(null::${table}, r || jsonb_build_object('user_id', $1::bigint))).* from jsonb_array_elements($2::jsonb) as r`,
        [id, JSON.stringify(rows ?? [])],
      );
  }
}

const EMPTY = `truncate user_metric, user_history, user_tag, user_tag_history, event, event_day, app_user, user_identity, user_change, user_merge, churn_score, user_tier, tier_history`;

test("whatever came in whatever order, late, twice, merged, parted, redefined or cut short: tags are those of a rebuild from nothing", async () => {
  let compared = 0;
  let moods = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 30 }), async (steps) => {
      await store.pool.read(EMPTY);
      const facts = new Facts();
      const ids = new Map<string, string>();
      for (const step of steps) await carryOut(step, facts, ids);
      // The refresh of a later instant: everybody is brought to the same day.
      facts.clock += DAY_MS;
      await store.pool.read("insert into user_change (user_id, marked_at) select id, $1 from app_user on conflict do nothing", [
        new Date(facts.clock),
      ]);
      await advance(store.pool, new Date(facts.clock));
      const stepwise = await computed(facts);
      const said = await saidOf(facts);

      await store.pool.read(EMPTY);
      const now = new Date(facts.clock);
      await send(
        [...facts.eventsOf].flatMap(([person, events]) => [...events.values()].map((event) => ({ who: person, event }))),
        now,
      );
      await sayAgain(said);
      await advance(store.pool, now);
      const rebuilt = await computed(new Facts());
      expect(Object.fromEntries(stepwise)).toEqual(Object.fromEntries(rebuilt));
      compared += rebuilt.size;
      moods += JSON.stringify([...rebuilt]).split('["mood"').length - 1;
    }),
    { numRuns: 60, seed: 20240501 },
  );
  expect(compared).toBeGreaterThan(80);
  expect(moods).toBeGreaterThan(40);
}, 300_000);
