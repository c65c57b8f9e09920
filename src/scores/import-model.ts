import { TidemarkError } from "../errors.js";
import type { BoostedTrees } from "../learn/boosting.js";
import { foreignFeatures, type ModelFormat, readForeignModel } from "../learn/foreign-model.js";

/** A model that was trained elsewhere. */
export interface ForeignModel {
  readonly format: ModelFormat;
  /** Its JSON. */
  readonly model: string;
}

export const MOST_FEATURES = 500;

/**
 * The tags that a foreign model reads, in the order of its columns: those given, else those that it names itself.
 *
 * @throws TidemarkError BAD_INPUT saying what is wrong with the model
 */
export function featuresOf({ format, model }: ForeignModel, given: readonly string[] | null | undefined): readonly string[] {
  const features = given?.length ? given : refusing(() => foreignFeatures(format, model));
  if (!features)
    throw new TidemarkError("BAD_INPUT", "The model does not name its features; give their tags in the order of its columns.");
  if (features.length > MOST_FEATURES)
    throw new TidemarkError("BAD_INPUT", `The model has ${features.length} features; at most ${MOST_FEATURES} are taken.`);
  const twice = features.find((key, place) => features.indexOf(key) < place);
  if (twice !== undefined)
    throw new TidemarkError(
      "BAD_INPUT",
      `The feature ${JSON.stringify(twice.slice(0, 60))} is named twice; name each column's own tag.`,
    );
  readImported({ format, model }, features.length);
  return features;
}

/** @throws TidemarkError BAD_INPUT saying what is wrong with the model */
export function readImported({ format, model }: ForeignModel, columns: number): BoostedTrees {
  return refusing(() => readForeignModel(format, model, columns));
}

function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    // JSON of any shape comes in: where it is not what the types say, that is the caller's error too.
    const reason = error instanceof TypeError ? "Its JSON has not the shape of that format." : (error as Error).message;
    throw new TidemarkError("BAD_INPUT", reason.slice(0, 300));
  }
}
