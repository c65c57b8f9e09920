import type { Pool } from "../store/pool.js";
import { computedTags } from "../tags/compute.loader.js";
import { frequencyBand } from "../tags/decline-evidence.js";
import { compile } from "../tags/evaluate.js";
import { streamHistories } from "../tags/history.loader.js";
import type { TagRow } from "../tags/tag.loader.js";
import { windowsAt } from "./churn-definition.js";
import type { ChurnDefinitionRow } from "./churn-definition.loader.js";
import { SignCounts, type SignStrength, strengths } from "./pre-churn.js";
import { readSample } from "./sample.loader.js";

/** A tag that is held, or an event directly followed by another, by their types. */
export type Sign = { readonly tag: TagRow } | { readonly first: string; readonly next: string };

/**
 * The signs the users eligible at an instant showed by then, with what became of those users. One statement for the sample and one stream
 * of all events, however many signs; of sequences only those within the definition's lookback.
 */
export async function preChurnSigns(
  pool: Pool,
  definition: ChurnDefinitionRow,
  asOf: Date,
  fewest: number,
): Promise<(SignStrength & { readonly sign: Sign })[]> {
  const { catalogue, types } = await computedTags(pool);
  const tags = catalogue.tags.filter(
    ({ kind, state, valueType, definition }) =>
      (kind === "RULE" || kind === "DECLINE") &&
      valueType === "BOOLEAN" &&
      definition !== null &&
      (state === "ACTIVE" || state === "DEPRECATED"),
  );
  const { lookbackFrom } = windowsAt(definition, asOf);
  const lookback = { measure: "count", days: definition.lookbackDays } as const;
  const program = compile([lookback, ...tags.map(({ key }) => ({ tag: key }))], types, catalogue.definitions);
  const keyOf = new Map(types.map(({ id, key }) => [id, key]));
  const sample = await readSample(pool, definition, asOf);

  const all = new SignCounts();
  const signs = new Map<Sign, SignCounts>();
  const ofTags = tags.map((tag) => counted(signs, { tag }));
  const ofPairs = new Map<string, SignCounts>();
  let row = 0;
  for await (const { userIds, offsets, at, typeIds, ...rest } of streamHistories(pool, { before: asOf, needs: program.needs })) {
    const [frequency, ...held] = program({ userIds, offsets, at, typeIds, ...rest }, asOf.getTime());
    for (let user = 0; user < userIds.length; user++) {
      while (row < sample.userIds.length && sample.userIds[row]! < userIds[user]!) row++;
      if (sample.userIds[row] !== userIds[user]) continue;
      const churned = sample.labels[row]!;
      const band = 1 + (frequencyBand(frequency![user]!) ?? -1);
      all.add(band, churned);
      for (let tag = 0; tag < held.length; tag++) if (held[tag]![user] === 1) ofTags[tag]!.add(band, churned);
      const shown = new Set<string>();
      for (let event = offsets[user]! + 1; event < offsets[user + 1]!; event++)
        if (at[event - 1]! >= lookbackFrom.getTime()) shown.add(`${typeIds[event - 1]} ${typeIds[event]}`);
      for (const pair of shown) {
        let counts = ofPairs.get(pair);
        if (!counts) {
          const [first, next] = pair.split(" ").map((id) => keyOf.get(Number(id))!);
          counts = counted(signs, { first: first!, next: next! });
          ofPairs.set(pair, counts);
        }
        counts.add(band, churned);
      }
    }
  }
  return strengths(all, signs, fewest);
}

function counted(signs: Map<Sign, SignCounts>, sign: Sign): SignCounts {
  const counts = new SignCounts();
  signs.set(sign, counts);
  return counts;
}
