import { requiredInstant } from "../people/clean.js";
import type { Fact, Reading, TagDefinition } from "./definition.js";
import { Texts } from "./texts.js";

/** What `{tag: key}` stands for where people or systems give the tag: that it is held, or what it says. */
export function givenDefinition(key: string, as: Exclude<Reading, "DATE" | "ANY">): TagDefinition {
  return { expression: { given: key, as } };
}

/** What a program has to be told of users beside their events. */
export interface Needs {
  readonly attributes: readonly string[];
  readonly channel: boolean;
  /** Keys of MANUAL and IMPORTED tags. */
  readonly given: readonly string[];
  /** Whether it needs to know categories by their names. */
  readonly categories: boolean;
  /** Whether it has to do with texts at all. */
  readonly texts: boolean;
}

export const NO_NEEDS: Needs = { attributes: [], channel: false, given: [], categories: false, texts: false };

/** Whether anything of the users themselves is needed: then those without events have something to say as well. */
export function asksOfUsers({ attributes, channel, given }: Needs): boolean {
  return attributes.length > 0 || channel || given.length > 0;
}

export function needsFacts(needs: Needs): boolean {
  return asksOfUsers(needs) || needs.categories || needs.texts;
}

/** A stretch of time in which a user held a given tag, [since, until), in epoch ms. */
export interface Stretch {
  readonly since: number;
  readonly until: number;
  readonly value: number | string | true;
}

/** What is known of some users beside their events, by their places in the histories. */
export interface Facts {
  readonly texts: Texts;
  /** By name; null: not set. */
  readonly attributes: ReadonlyMap<string, readonly unknown[]>;
  readonly channels: readonly (string | null)[];
  /** By the tag's key; absent where nobody of them ever held it. */
  readonly given: ReadonlyMap<string, readonly (readonly Stretch[] | undefined)[]>;
  readonly categoryNames: ReadonlyMap<number, string>;
}

export function emptyFacts(): Facts {
  return { texts: new Texts(), attributes: new Map(), channels: [], given: new Map(), categoryNames: new Map() };
}

/** The facts of some of the users, in the order that is asked for. */
export function factsOf(facts: Facts, users: ArrayLike<number>): Facts {
  const chosen = <T>(rows: readonly T[]): T[] => Array.from(users, (user) => rows[user]!);
  return {
    ...facts,
    attributes: new Map([...facts.attributes].map(([name, values]) => [name, chosen(values)])),
    channels: facts.channels.length === 0 ? [] : chosen(facts.channels),
    given: new Map([...facts.given].map(([key, stretches]) => [key, chosen(stretches)])),
  };
}

/** Fills a column with one fact of each user. */
export function fillFact(out: Float64Array, fact: Fact, facts: Facts, asOf: number | Float64Array): void {
  if ("user" in fact) {
    for (let user = 0; user < out.length; user++) out[user] = idOrNaN(facts, facts.channels[user]);
  } else if ("attribute" in fact) {
    const values = facts.attributes.get(fact.attribute);
    if (values === undefined) throw new RangeError(`The attribute ${JSON.stringify(fact.attribute)} was not read.`);
    for (let user = 0; user < out.length; user++) out[user] = readAs(fact.as, values[user], facts);
  } else {
    const stretches = facts.given.get(fact.given);
    for (let user = 0; user < out.length; user++) {
      const instant = typeof asOf === "number" ? asOf : asOf[user]!;
      const held = stretches?.[user]?.find(({ since, until }) => since <= instant && instant < until);
      if (fact.as === "BOOLEAN") out[user] = held ? 1 : 0;
      else out[user] = held ? readAs(fact.as, held.value, facts) : Number.NaN;
    }
  }
}

function readAs(as: Reading, value: unknown, facts: Facts): number {
  switch (as) {
    case "ANY":
      return value === null || value === undefined ? Number.NaN : 1;
    case "BOOLEAN":
      return typeof value === "boolean" ? Number(value) : Number.NaN;
    case "NUMBER":
      return typeof value === "number" ? value : Number.NaN;
    case "TEXT":
      return idOrNaN(facts, value);
    case "DATE":
      return typeof value === "string" ? instantOf(value) : Number.NaN;
  }
}

function idOrNaN({ texts }: Facts, value: unknown): number {
  return typeof value === "string" ? texts.idOf(value) : Number.NaN;
}

/** A day (its UTC midnight) or a time with its offset, in epoch ms; NaN: it is neither. */
export function instantOf(text: string): number {
  const at = requiredInstant(text, "date");
  return typeof at === "number" ? at : Number.NaN;
}
