import { eventTypes } from "../events/event-type.loader.js";
import { copyOut, instant } from "../store/copy.js";
import type { Pool } from "../store/pool.js";
import type { Expression, TagDefinition } from "./definition.js";
import { compile } from "./evaluate.js";
import { measureInWords, partsOf } from "./evidence.js";
import { HistoryWriter } from "./history.js";
import { readHistories, streamHistories } from "./history.loader.js";
import { compileTags } from "./holding.js";
import type { TagCatalogue } from "./tag.loader.js";

/** What a definition says of everybody known at an instant, before any tag has it. */
export interface Preview {
  readonly asOf: Date;
  readonly kind: "RULE" | "METRIC";
  readonly populationCount: number;
  /** Who would have the tag: of a RULE for whom it holds, of a METRIC for whom it has a number. */
  readonly count: number;
  /** One per user of the population; NaN where undefined, truth as 0 or 1. */
  readonly values: Float64Array;
  readonly examples: readonly PreviewExample[];
}

export interface PreviewExample {
  readonly userId: string;
  readonly value: boolean | number;
  readonly since: Date;
  readonly evidence: readonly PreviewEvidence[];
}

/** One number that a value was made from. */
export interface PreviewEvidence {
  readonly name: string;
  readonly expression: Exclude<Expression, number>;
  readonly value: number | null;
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
  { definition, kind, asOf }: { readonly definition: TagDefinition; readonly kind: "RULE" | "METRIC"; readonly asOf: Date },
): Promise<Preview> {
  const types = await eventTypes(pool);
  const program = compile([definition.expression], types, catalogue.definitions);
  const userIds = await populationAt(pool, asOf);
  const [unseen] = program(nobodysHistory(), asOf.getTime());
  const values = new Float64Array(userIds.length).fill(unseen![0]!);
  let place = 0;
  for await (const histories of streamHistories(pool, { before: asOf })) {
    const [column] = program(histories, asOf.getTime());
    for (let user = 0; user < histories.userIds.length; user++) {
      const id = histories.userIds[user]!;
      while (userIds[place]! < id) place++;
      // Users without an activity are not of the population, whatever else happened to them.
      if (userIds[place] === id) values[place] = column![user]!;
    }
  }
  const has = (value: number) => (kind === "RULE" ? value === 1 : !Number.isNaN(value));
  const holders = placesOf(values, has);
  const chosen = kind === "RULE" ? spread(holders, MOST_EXAMPLES) : spreadByValue(holders, values);
  const shown = chosen.map((holder) => String(userIds[holder]!));
  return {
    asOf,
    kind,
    populationCount: userIds.length,
    count: holders.length,
    values,
    examples: await examplesOf(pool, catalogue, { definition, kind, asOf, userIds: shown }),
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

function nobodysHistory() {
  const writer = new HistoryWriter(1);
  writer.user(0);
  return writer.finish();
}

async function examplesOf(
  pool: Pool,
  catalogue: TagCatalogue,
  {
    definition,
    kind,
    asOf,
    userIds,
  }: { definition: TagDefinition; kind: "RULE" | "METRIC"; asOf: Date; userIds: readonly string[] },
): Promise<PreviewExample[]> {
  if (userIds.length === 0) return [];
  const types = await eventTypes(pool);
  const histories = await readHistories(pool, userIds, asOf);
  const parts = partsOf(definition.expression).filter((part) => typeof part !== "number");
  const columns = compile([definition.expression, ...parts], types, catalogue.definitions)(histories, asOf.getTime());
  // A number is measured at asOf; a condition holds since a day.
  const since = kind === "RULE" ? sinceOf(definition) : undefined;
  return userIds.map((userId, user) => ({
    userId,
    value: kind === "RULE" ? true : columns[0]![user]!,
    since: since ? new Date(since[user]!) : asOf,
    evidence: parts.map((expression, part) => ({
      name: nameOf(expression, catalogue),
      expression,
      value: Number.isNaN(columns[part + 1]![user]!) ? null : columns[part + 1]![user]!,
    })),
  }));

  function sinceOf(rule: TagDefinition): Float64Array {
    const compute = compileTags([{ id: 0, slot: null, definition: rule }], types, catalogue.definitions);
    return compute(histories, asOf.getTime()).holdings[0]!.since;
  }
}

function nameOf(part: Exclude<Expression, number>, { byKey }: TagCatalogue): string {
  if ("measure" in part) return measureInWords(part);
  return "tag" in part ? byKey.get(part.tag)!.name : "";
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
