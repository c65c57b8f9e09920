import { readFile, stat } from "node:fs/promises";
import { TidemarkError } from "./errors.js";
import { type ModelFormat, writeModel } from "./learn/foreign-model.js";
import { fittedModel, readModels } from "./scores/churn-model.loader.js";
import type { Promotion } from "./scores/gate.js";
import type { Store } from "./store/store.js";
import { trainNow } from "./train-now.js";

/** Sixty times what a request may carry: a boosted model of 10,000 trees. */
const LARGEST_FILE_BYTES = 64 * 1024 * 1024;
const MOST_VERSIONS = 1_000;

export interface ImportOptions {
  readonly definition: string;
  readonly format: ModelFormat;
  readonly features?: string;
  readonly observe?: Date[];
  readonly promote: Promotion;
}

/** Judges a model out of a file as the API would, and gives the report as lines. */
export async function importModel(
  store: Store,
  file: string,
  { definition, format, features, observe, promote }: ImportOptions,
  now: Date,
  report: (text: string, done: number, total: number) => void,
): Promise<string[]> {
  const model = await readModelFile(file);
  const tags = features === undefined ? null : features.split(",").map((key) => key.trim());
  return trainNow(
    store,
    { definition, tags, observationDates: observe ?? null, promote, imported: { format, model }, now },
    report,
  );
}

async function readModelFile(file: string): Promise<string> {
  let size: number;
  try {
    ({ size } = await stat(file));
  } catch {
    throw new TidemarkError("BAD_FILE", `There is no file ${file}.`);
  }
  if (size > LARGEST_FILE_BYTES)
    throw new TidemarkError("BAD_FILE", `${file} has ${size} bytes; a model has at most ${LARGEST_FILE_BYTES}.`);
  return readFile(file, "utf8");
}

/** A model as others load it, by its key: definition and version. */
export async function exportModel({ pool }: Store, key: string, format: ModelFormat): Promise<string> {
  const [definition = "", version] = key.split("/");
  const found = (await readModels(pool, definition, MOST_VERSIONS)).find((each) => each.version === Number(version));
  if (!found)
    throw new TidemarkError("NOT_FOUND", `There is no model ${key}; name a definition and a version, such as retail/1.`);
  const written = writeModel(format, await fittedModel(pool, found), found.features);
  if (written === null)
    throw new TidemarkError(
      "BAD_INPUT",
      `${key} is a ${found.algorithm}, which ${format} cannot hold; ${format === "XGBOOST" ? "it has no trees" : "XGBOOST holds any model of trees"}.`,
    );
  return written;
}
