import { readFileSync } from "node:fs";
import { fitBoosted } from "../../src/learn/boosting.js";
import { fitForest } from "../../src/learn/forest.js";
import { leafSums } from "../../src/learn/forest-scores.js";
import { fitLogistic, logisticLogOdds } from "../../src/learn/logistic.js";
import { fitPreparation, prepare } from "../../src/learn/prepare.js";
import { leafContributions } from "../../src/learn/tree-shap.js";
import { auc } from "../../src/math/auc.js";

// node learn-one.js FILE ROWS COLUMNS KIND: one training in a process of its own, so that its peak memory is its own; learn-peers.py is the
// same by others. FILE has the labels as bytes (padded to 8), then the columns as doubles.
const [file, rowsText, columnsText, kind] = process.argv.slice(2) as [string, string, string, string];
const rows = Number(rowsText);
const bytes = readFileSync(file);
const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const start = Math.ceil(rows / 8) * 8;
const labels = new Uint8Array(buffer, 0, rows);
const matrix = {
  rows,
  columns: Array.from({ length: Number(columnsText) }, (_, j) => new Float64Array(buffer, start + 8 * rows * j, rows)),
};
const before = process.resourceUsage().maxRSS;

function timed<T>(work: () => T): { value: T; seconds: number; cpu: number } {
  const cpu = process.cpuUsage();
  const from = performance.now();
  const value = work();
  const seconds = (performance.now() - from) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { value, seconds, cpu: (user + system) / 1e6 };
}

function trees(fit: () => { forest: ReturnType<typeof fitForest>; scores: () => Float64Array }) {
  const { value, seconds, cpu } = timed(fit);
  const peak = process.resourceUsage().maxRSS;
  value.scores();
  const scored = timed(value.scores);
  const few = { rows: Math.min(rows, 20_000), columns: matrix.columns.map((column) => column.subarray(0, 20_000)) };
  leafContributions(value.forest, few);
  const explained = timed(() => leafContributions(value.forest, few));
  return {
    seconds,
    cpu,
    peakMB: (peak - before) / 1024,
    scoredPerCpuSecond: rows / scored.cpu,
    explainedPerCpuSecond: few.rows / explained.cpu,
    auc: auc(scored.value, labels),
  };
}

function logistic() {
  const { value, seconds, cpu } = timed(() => {
    const prepared = prepare(matrix, fitPreparation(matrix));
    return logisticLogOdds(prepared, fitLogistic(prepared, labels, { c: 1 }));
  });
  return { seconds, cpu, peakMB: (process.resourceUsage().maxRSS - before) / 1024, auc: auc(value, labels) };
}

const found =
  kind === "boosted"
    ? trees(() => {
        const { base, forest } = fitBoosted(matrix, labels, {
          rounds: 100,
          maxDepth: 6,
          learningRate: 0.1,
          minChildWeight: 1,
          subsample: 1,
          columnSample: 1,
        });
        return { forest, scores: () => leafSums(forest, matrix).map((sum) => base + sum) };
      })
    : kind === "forest"
      ? trees(() => {
          const forest = fitForest(matrix, labels, { trees: 100, maxDepth: 8, minLeaf: 20 });
          return { forest, scores: () => leafSums(forest, matrix) };
        })
      : logistic();
process.stdout.write(JSON.stringify(found));
