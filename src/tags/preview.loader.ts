import { eventTypes } from "../events/event-type.loader.js";
import { copyOut, instant } from "../store/copy.js";
import type { Pool } from "../store/pool.js";
import { type TagDefinition, TEXT_MEASURES } from "./definition.js";
import { compile } from "./evaluate.js";
import { measureInWords, type Part, partsOf } from "./evidence.js";
import { withFacts } from "./facts.loader.js";
import { readHistories, streamHistories } from "./history.loader.js";
import { compileTags } from "./holding.js";
import type { TagValueType } from "./tag.entity.js";
import type { TagCatalogue } from "./tag.loader.js";
import { Texts } from "./texts.js";

/** What a definition says of everybody known at an instant, before any tag has it. */
export interface Preview {
  readonly asOf: Date;
  readonly kind: "RULE" | "METRIC";
  readonly valueType: TagValueType;
  readonly populationCount: number;
  /** Who would have the tag: of a condition for whom it holds, of a number or a text for whom it is defined. */
  readonly count: number;
  /** The population, ascending. */
  readonly userIds: Float64Array;
  /** One per user of the population; NaN where undefined, truth as 0 or 1, a text as its number in `texts`. */
  readonly values: Float64Array;
  readonly texts: Texts;
  readonly examples: readonly PreviewExample[];
}

export interface PreviewExample {
  readonly userId: string;
  readonly value: boolean | number | string;
  readonly since: Date;
  readonly evidence: readonly PreviewEvidence[];
}

/** One number or text that a value was made from. */
export interface PreviewEvidence {
  readonly name: string;
  readonly expression: Part;
  readonly value: number | null;
  readonly text: string | null;
}

/** A definition of some value at an instant. */
export interface Previewed {
  readonly definition: TagDefinition;
  readonly valueType: TagValueType;
  readonly asOf: Date;
}

const MOST_EXAMPLES = 10;
/** Examples of a number are taken at equal distances from so many users, in the order of their numbers. */
const EXAMPLES_FROM = 1_000;

/**
 * Computes a definition for everybody by the engine that would compute the tag, so that what is shown is what publishing gives. The events are
 * streamed once; of each user only the value is kept (8 bytes).
 */
export async function previewDefinition(
  pool: Pool,
  catalogue: TagCatalogue,
  { definition, valueType, asOf }: Previewed,
): Promise<Preview> {
  const types = await eventTypes(pool);
  const program = compile([definition.expression], types, catalogue.definitions);
  const userIds = await populationAt(pool, asOf);
  const values = new Float64Array(userIds.length).fill(Number.NaN);
  const texts = new Texts();
  let place = 0;
  for await (const histories of streamHistories(pool, { before: asOf, needs: program.needs, everybody: true })) {
    const [column] = program(histories, asOf.getTime());
    for (let user = 0; user < histories.userIds.length; user++) {
      const id = histories.userIds[user]!;
      while (userIds[place]! < id) place++;
      // Users without an activity are not of the population, whatever else happened to them.
      if (userIds[place] !== id) continue;
      const value = column![user]!;
      values[place] = valueType === "TEXT" && !Number.isNaN(value) ? texts.idOf(histories.facts!.texts.textOf(value)) : value;
    }
  }
  const has = (value: number) => (valueType === "BOOLEAN" ? value === 1 : !Number.isNaN(value));
  const holders = placesOf(values, has);
  const chosen = valueType === "NUMBER" ? spreadByValue(holders, values) : spread(holders, MOST_EXAMPLES);
  const shown = chosen.map((holder) => String(userIds[holder]!));
  return {
    asOf,
    kind: valueType === "NUMBER" ? "METRIC" : "RULE",
    valueType,
    populationCount: userIds.length,
    count: holders.length,
    userIds,
    values,
    texts,
    examples: await examplesOf(pool, catalogue, { definition, valueType, asOf, userIds: shown }),
  };
}

async function populationAt(pool: Pool, asOf: Date): Promise<Float64Array> {
  const ids: number[] = [];
  await pool.transaction(({ client }) =>
    copyOut(client, `select id from app_user where first_seen_at < ${instant(asOf)} order by id`, (row) => {
      ids.push(row.int8(0));
    }),
  );
  return Float64Array.from(ids);
}

async function examplesOf(
  pool: Pool,
  catalogue: TagCatalogue,
  { definition, valueType, asOf, userIds }: Previewed & { readonly userIds: readonly string[] },
): Promise<PreviewExample[]> {
  if (userIds.length === 0) return [];
  const types = await eventTypes(pool);
  const parts = partsOf(definition.expression);
  const program = compile([definition.expression, ...parts], types, catalogue.definitions);
  const histories = await withFacts(pool, await readHistories(pool, userIds, asOf), program.needs);
  const columns = program(histories, asOf.getTime());
  // A number is measured at asOf; a condition or a text holds since a day.
  const held =
    valueType === "NUMBER"
      ? undefined
      : compileTags([{ id: 0, slot: null, valueType, definition }], types, catalogue.definitions)(histories, asOf.getTime())
          .holdings[0]!;
  return userIds.map((userId, user) => ({
    userId,
    value: held ? (held.texts?.[user] ?? true) : columns[0]![user]!,
    since: held ? new Date(held.since[user]!) : asOf,
    evidence: parts.map((expression, part) => {
      const value = columns[part + 1]![user]!;
      const isText = givesText(expression, catalogue);
      return {
        name: nameOf(expression, catalogue),
        expression,
        value: Number.isNaN(value) || isText ? null : value,
        text: Number.isNaN(value) || !isText ? null : histories.facts!.texts.textOf(value),
      };
    }),
  }));
}

function nameOf(part: Part, { byKey }: TagCatalogue): string {
  if ("measure" in part) return measureInWords(part);
  if ("tag" in part) return byKey.get(part.tag)!.name;
  if ("attribute" in part) return part.attribute;
  return "user" in part ? part.user : "";
}

function givesText(part: Part, { byKey }: TagCatalogue): boolean {
  if ("measure" in part) return TEXT_MEASURES.has(part.measure);
  if ("tag" in part) return byKey.get(part.tag)!.valueType === "TEXT";
  return "user" in part || part.as === "TEXT";
}

function placesOf(values: Float64Array, has: (value: number) => boolean): Int32Array {
  const places = new Int32Array(values.length);
  let count = 0;
  for (let place = 0; place < values.length; place++) if (has(values[place]!)) places[count++] = place;
  return places.subarray(0, count);
}

/** At equal distances, so that the same question shows the same users. */
function spread(places: ArrayLike<number>, most: number): number[] {
  const count = Math.min(most, places.length);
  return Array.from({ length: count }, (_, i) => places[Math.floor((i * places.length) / count)]!);
}

function spreadByValue(places: Int32Array, values: Float64Array): number[] {
  const sample = spread(places, EXAMPLES_FROM).sort((a, b) => values[a]! - values[b]! || a - b);
  if (sample.length <= MOST_EXAMPLES) return sample;
  // The lowest and the highest are among them.
  return Array.from({ length: MOST_EXAMPLES }, (_, i) => sample[Math.round((i * (sample.length - 1)) / (MOST_EXAMPLES - 1))]!);
}
