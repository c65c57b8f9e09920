import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const folder = join(process.cwd(), "..", "shared", "data");

/** Reference values live beside the repository; where they are absent the tests that need them are skipped by name. */
export const referenceIsAbsent = !existsSync(join(folder, "reference", "cdnow.json"));

export const dataSets = ["cdnow", "online_retail", "collegemsg", "dunnhumby_sample", "retail_transactions_125k"] as const;

export type DataSet = (typeof dataSets)[number];

/** A metric over the five folds. */
export interface Spread {
  readonly mean: number;
  readonly sd: number;
}

export interface ReferenceAt {
  readonly exact: {
    readonly eligible: number;
    readonly recency_days_floor_natural_breaks_k3_eligible: {
      readonly classes_min_max_count: readonly (readonly [number, number, number])[];
      readonly within_ss: number;
    };
    readonly recency_days_floor_equal_width_k3_eligible: {
      readonly min: number;
      readonly max: number;
      readonly counts: number[];
    };
    readonly recency_days_floor_quantile_k3_eligible: {
      readonly thresholds_percentile_cont: number[];
      readonly counts: number[];
    };
  };
  readonly univariate_auc_iv: Record<string, { readonly auc: number; readonly n: number }>;
  readonly cv5: Record<
    "LR" | "RF" | "XGB",
    { readonly auc: Spread; readonly brier: Spread; readonly pooled_oof: Record<string, number> }
  >;
}

export function referenceOf(set: DataSet): ReadonlyMap<string, ReferenceAt> {
  const parsed: { at: Record<string, ReferenceAt> } = JSON.parse(readFileSync(join(folder, "reference", `${set}.json`), "utf8"));
  return new Map(Object.entries(parsed.at));
}

/** The samples of one observation date: a row for each eligible user. */
export interface Samples {
  readonly users: readonly string[];
  readonly labels: Uint8Array;
  /** Every column of the file by name; an empty cell is NaN, True is 1. */
  readonly column: (name: string) => Float64Array;
  /** The columns between the label and the first tag flag: what models learn from. */
  readonly features: readonly string[];
}

export function samplesOf(set: DataSet, asOf: string): Samples {
  const [header, ...lines] = readLines(join("reference", `features_${set}_${asOf}.csv.gz`));
  const names = header!.split(",");
  const rows = lines.map((line) => line.split(","));
  const column = (name: string) => {
    const place = names.indexOf(name);
    if (place < 0) throw new Error(`There is no column ${name}.`);
    return Float64Array.from(rows, (row) => number(row[place]!));
  };
  return {
    users: rows.map((row) => row[0]!),
    labels: Uint8Array.from(column("churned")),
    column,
    features: names.slice(2, names.indexOf("freq_drop_50")),
  };
}

/** The lines of a gzipped text file under the data folder, without empty ones. */
export function readLines(path: string): string[] {
  return gunzipSync(readFileSync(join(folder, path)))
    .toString("utf8")
    .split(/\r?\n/)
    .filter((line) => line !== "");
}

function number(cell: string): number {
  if (cell === "True" || cell === "False") return cell === "True" ? 1 : 0;
  return cell === "" ? Number.NaN : Number(cell);
}
