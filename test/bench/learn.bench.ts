import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RandomForestClassifier } from "ml-random-forest";
import { fitForest } from "../../src/learn/forest.js";
import { contributions } from "../../src/learn/model.js";
import { fitPackageForest } from "../../src/learn/package-forest.js";
import { train } from "../../src/learn/train.js";
import { naturalBreaks } from "../../src/math/natural-breaks.js";
import { seededRandom } from "../../src/math/random.js";
import { TRAINABLE } from "../../src/scores/training.js";
import type { Store } from "../../src/store/store.js";
import { sample } from "./learn-sample.js";
import type { Result } from "./run.js";

const FEATURES = 30;
const SIZES = [10_000, 100_000, 1_000_000] as const;
/** Above it scikit-learn's forest takes ten minutes. */
const MOST_ROWS_OF_SLOW_PEERS = 100_000;
const KINDS = [
  { kind: "boosted", name: "boosted trees, 100 of depth 6", peer: "XGBoost", module: "xgboost" },
  { kind: "forest", name: "forest, 100 trees of depth 8", peer: "scikit-learn", module: "sklearn" },
  { kind: "logistic", name: "logistic regression", peer: "scikit-learn", module: "sklearn" },
] as const;
const PYTHON = "/usr/bin/python3";

/** What one process found; the same of ours and of a peer. */
interface Found {
  readonly seconds: number;
  readonly cpu: number;
  readonly peakMB: number;
  readonly scoredPerCpuSecond?: number;
  readonly explainedPerCpuSecond?: number;
  readonly auc: number;
}

/** Learning in memory, beside Debian's python3-xgboost and python3-sklearn where they are. `--users` is the most rows; 100,000 unless given. */
export async function run(
  _store: Store,
  { users = 100_000 }: { readonly users: number | undefined },
): Promise<readonly Result[]> {
  return [
    ...SIZES.filter((rows) => rows <= users).flatMap(sideBySide),
    ...wholeTrainings(),
    packageForest(),
    ...explanations(),
    breaks(),
  ];
}

/** One fit of each kind in processes of their own, one after the other; ratios of CPU time, for other processes share the machine. */
function sideBySide(rows: number): Result[] {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-learn-"));
  const file = join(folder, "sample");
  try {
    const { matrix, labels } = sample(rows, FEATURES);
    const padded = new Uint8Array(Math.ceil(rows / 8) * 8);
    padded.set(labels);
    writeFileSync(file, Buffer.concat([padded, ...matrix.columns.map(({ buffer }) => new Uint8Array(buffer))]));
    return KINDS.map(({ kind, name, peer, module }) => {
      const call = [file, String(rows), String(FEATURES), kind];
      const ours = answerOf(process.execPath, [fileURLToPath(new URL("learn-one.js", import.meta.url)), ...call]);
      const isSlow = kind === "forest" && rows > MOST_ROWS_OF_SLOW_PEERS;
      const theirs = isSlow || !hasModule(module) ? null : answerOf(PYTHON, [join("test", "bench", "learn-peers.py"), ...call]);
      const absent = isSlow ? `skipped: ${peer} takes minutes here` : `skipped: ${PYTHON} has no ${module}`;
      return {
        name: `${name}: ${rows.toLocaleString("en")} rows x ${FEATURES}`,
        figures: { ...figuresOf("ours", ours), ...(theirs ? beside(peer, ours, theirs) : { [peer]: absent }) },
      };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function figuresOf(
  whose: string,
  { cpu, peakMB, scoredPerCpuSecond, explainedPerCpuSecond, auc }: Found,
): Record<string, number> {
  return {
    [`${whose}, CPU seconds`]: cpu,
    [`${whose}, MB above the sample`]: Math.round(peakMB),
    ...(scoredPerCpuSecond && { [`${whose}, rows scored a CPU second`]: Math.round(scoredPerCpuSecond) }),
    ...(explainedPerCpuSecond && { [`${whose}, rows explained a CPU second`]: Math.round(explainedPerCpuSecond) }),
    [`${whose}, AUC on its own rows`]: auc,
  };
}

function beside(peer: string, ours: Found, theirs: Found): Record<string, number> {
  return {
    ...figuresOf(peer, theirs),
    [`training, ours over ${peer}`]: ours.cpu / theirs.cpu,
    [`memory, ours over ${peer}`]: ours.peakMB / theirs.peakMB,
    ...(ours.scoredPerCpuSecond &&
      theirs.scoredPerCpuSecond && { [`scoring, times ${peer}`]: ours.scoredPerCpuSecond / theirs.scoredPerCpuSecond }),
    ...(ours.explainedPerCpuSecond &&
      theirs.explainedPerCpuSecond && {
        [`explaining, times ${peer}`]: ours.explainedPerCpuSecond / theirs.explainedPerCpuSecond,
      }),
  };
}

function answerOf(command: string, given: readonly string[]): Found {
  return JSON.parse(execFileSync(command, given, { encoding: "utf8", maxBuffer: 1 << 20 }));
}

function hasModule(name: string): boolean {
  try {
    execFileSync(PYTHON, ["-c", `import ${name}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** All folds and the calibration. */
function wholeTrainings(): Result[] {
  const rows = 10_000;
  const { matrix, labels, groups } = sample(rows, FEATURES);
  const rules = [{ all: [{ column: 0, op: "GTE" as const, value: 0 }], points: 1 }];
  return TRAINABLE.map((algorithm) => {
    const seconds = time(() => train(algorithm, matrix, labels, groups, { seed: 1, rules }));
    return {
      name: `train ${algorithm}: ${rows.toLocaleString("en")} rows x ${FEATURES}, 5 folds, calibrated`,
      figures: { seconds, "rows/s through 6 fits": (6 * rows) / seconds },
    };
  });
}

/** The package at the size it can still train: as it is called by itself, and as this project calls it. */
function packageForest(): Result {
  const { matrix, labels } = sample(1_000, FEATURES);
  const trees = 5;
  const engine = time(() => fitForest(matrix, labels, { trees, maxDepth: 8, minLeaf: 20, seed: 1 }));
  const called = time(() => fitPackageForest(matrix, labels, { trees, seed: 1 }));
  const rows = Array.from(labels, (_, row) => matrix.columns.map((column) => column[row]!));
  const plain = time(() =>
    new RandomForestClassifier({
      nEstimators: trees,
      seed: 1,
      noOOB: true,
      replacement: false,
      maxFeatures: Math.round(Math.sqrt(FEATURES)),
      useSampleBagging: true,
      treeOptions: { maxDepth: 8, minNumSamples: 20 },
    }).train(rows, Array.from(labels)),
  );
  return {
    name: `a forest of ${trees} trees by ml-random-forest, 1,000 rows`,
    figures: {
      "seconds, called by itself": plain,
      "seconds, as called here": called,
      "times faster as called here": plain / called,
      "seconds, our engine": engine,
    },
  };
}

/** Contributions of one user, as a profile asks for them, of a page, and of many. */
function explanations(): Result[] {
  const { matrix, labels, groups } = sample(10_000, FEATURES);
  return (["RANDOM_FOREST", "GRADIENT_BOOSTED_TREES"] as const).map((algorithm) => {
    const { model } = train(algorithm, matrix, labels, groups, { seed: 1, folds: 2 });
    const some = (rows: number) => ({ rows, columns: matrix.columns.map((column) => column.subarray(0, rows)) });
    const first = time(() => contributions(model, some(1)));
    const one = time(() => {
      for (let i = 0; i < 50; i++) contributions(model, some(1));
    });
    return {
      name: `contributions by ${algorithm}`,
      figures: {
        "ms, the first user of a model": 1_000 * first,
        "ms, one user": (1_000 * one) / 50,
        "ms, a page of 50": 1_000 * time(() => contributions(model, some(50))),
        "rows/s": 1_000 / time(() => contributions(model, some(1_000))),
      },
    };
  });
}

function breaks(): Result {
  const random = seededRandom(7);
  const values = Float64Array.from({ length: 100_000 }, () => random() ** 3);
  return {
    name: "natural breaks of 100,000 distinct values, five classes",
    figures: { seconds: time(() => naturalBreaks(values, 5)) },
  };
}

function time(work: () => unknown): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}
