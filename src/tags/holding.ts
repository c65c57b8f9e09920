import type { Expression, SeverityRule, TagDefinition } from "./definition.js";
import { compile } from "./evaluate.js";
import type { Needs } from "./facts.js";
import type { Histories } from "./history.js";
import type { TypeOfEvent } from "./measure.js";
import { conditionOf, LONGEST_SINCE_DAYS, sinceWhen } from "./since.js";
import type { TagValueType } from "./tag.entity.js";

export type Severity = "MILD" | "MODERATE" | "SEVERE";

/** The numbers that show a decline; null where undefined. */
export interface Evidence {
  readonly current: number | null;
  readonly baseline: number | null;
  /** Current over baseline. */
  readonly ratio: number | null;
  readonly severity: Severity;
}

/** One computed tag and the users who hold it at an instant. */
export interface Holding {
  readonly tagId: number;
  /** Places of the users in the histories, ascending. */
  readonly users: Int32Array;
  /** For each of them the day it broke: see `sinceWhen`. */
  readonly since: Float64Array;
  /** For each of them; of DECLINE tags only. */
  readonly evidence: readonly Evidence[] | undefined;
  /** For each of them; of TEXT tags only. */
  readonly texts: readonly string[] | undefined;
}

/** What the computed tags say of some users at an instant. */
export interface Computed {
  /** By slot, then by user; undefined where no tag has the slot. */
  readonly numbers: readonly (Float64Array | undefined)[];
  readonly holdings: readonly Holding[];
}

/** A computed tag, as far as its computing goes. */
export interface ComputedTag {
  readonly id: number;
  readonly slot: number | null;
  readonly valueType: TagValueType;
  readonly definition: TagDefinition;
}

export interface Compute {
  (histories: Histories, asOf: number): Computed;
  /** What the histories have to bring beside events. */
  readonly needs: Needs;
}

/** Rules often hold for as long as a user is there, so that looking further back would cost more than all the rest. */
const LONGEST_RULE_SINCE_DAYS = 30;

/** One program for all of them: tags with a slot give a number, TEXT tags a text, the others a condition. Bulk and on-demand run this very function. */
export function compileTags(
  tags: readonly ComputedTag[],
  types: readonly TypeOfEvent[],
  library: ReadonlyMap<string, TagDefinition>,
): Compute {
  const metrics = tags.filter(({ slot }) => slot !== null);
  const conditions = tags.filter(({ slot }) => slot === null);
  const expressions: Expression[] = [];
  const place = (expression: Expression) => expressions.push(expression) - 1;
  const numberPlaces = metrics.map(({ slot, definition }) => ({ slot: slot!, place: place(definition.expression) }));
  const conditionPlaces = conditions.map(({ id, valueType, definition: { expression, decline } }) => ({
    id,
    isText: valueType === "TEXT",
    place: place(expression),
    condition: conditionOf(expression, types, library),
    decline: decline && {
      current: place(decline.current),
      baseline: place(decline.baseline),
      by: decline.severity.by === undefined ? undefined : place(decline.severity.by),
      rule: decline.severity,
    },
  }));
  const program = compile(expressions, types, library);
  const slots = Math.max(-1, ...numberPlaces.map(({ slot }) => slot)) + 1;

  const compute = (histories: Histories, asOf: number): Computed => {
    const columns = program(histories, asOf);
    const numbers: (Float64Array | undefined)[] = new Array(slots).fill(undefined);
    for (const { slot, place } of numberPlaces) numbers[slot] = columns[place];
    const holdings = conditionPlaces.map(({ id, place, isText, condition, decline }) => {
      const column = columns[place]!;
      const users = isText ? placesOfDefined(column) : placesOfOnes(column);
      const longest = decline ? LONGEST_SINCE_DAYS : LONGEST_RULE_SINCE_DAYS;
      return {
        tagId: id,
        users,
        since: sinceWhen(condition, histories, users, asOf, longest, isText ? (row) => column[users[row]!]! : undefined),
        texts: isText ? Array.from(users, (user) => histories.facts!.texts.textOf(column[user]!)) : undefined,
        evidence:
          decline &&
          Array.from(users, (user) => {
            const current = columns[decline.current]![user]!;
            const baseline = columns[decline.baseline]![user]!;
            const ratio = baseline === 0 ? Number.NaN : current / baseline;
            return {
              current: orNull(current),
              baseline: orNull(baseline),
              ratio: orNull(ratio),
              severity: severityOf(decline.rule, decline.by === undefined ? ratio : columns[decline.by]![user]!),
            };
          }),
      };
    });
    return { numbers, holdings };
  };
  return Object.assign(compute, { needs: program.needs });
}

export function severityOf(rule: SeverityRule, value: number): Severity {
  const reached = (cut: number) => (rule.worse === "HIGHER" ? value >= cut : value <= cut);
  return reached(rule.severe) ? "SEVERE" : reached(rule.moderate) ? "MODERATE" : "MILD";
}

function placesOfOnes(column: Float64Array): Int32Array {
  let count = 0;
  for (let user = 0; user < column.length; user++) if (column[user] === 1) count++;
  const places = new Int32Array(count);
  let place = 0;
  for (let user = 0; user < column.length; user++) if (column[user] === 1) places[place++] = user;
  return places;
}

function placesOfDefined(column: Float64Array): Int32Array {
  const places = new Int32Array(column.length);
  let count = 0;
  for (let user = 0; user < column.length; user++) if (!Number.isNaN(column[user]!)) places[count++] = user;
  return places.slice(0, count);
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
