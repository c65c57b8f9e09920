import { groupFolds } from "../learn/folds.js";
import { sigmoid } from "../learn/logistic.js";
import { type Matrix, takeLabels, takeRows } from "../learn/matrix.js";
import { predictLogOdds } from "../learn/model.js";
import type { Trained } from "../learn/train.js";
import { permutationImportance } from "./permutation.js";

/** Rows judged by models that have seen neither their user nor their date. */
export interface LaterRows {
  /** Places among all rows, ascending. */
  readonly rows: Int32Array;
  /** One for each of them. */
  readonly probabilities: Float64Array;
}

export interface Unseen {
  /** Null with a single observation date, or too few users to be split. */
  readonly later: LaterRows | null;
  /** AUC lost for each of the groups; null where nobody could be held out. */
  readonly aucLost: readonly number[] | null;
}

export interface UnseenQuestion {
  readonly matrix: Matrix;
  readonly labels: Uint8Array;
  /** The user of each row. */
  readonly users: Float64Array;
  /** The observation date of each row, as its place among the dates. */
  readonly dates: Uint8Array;
  /** Places of columns whose permutation importance is wanted. */
  readonly groups: readonly (readonly number[])[];
  readonly seed: number;
  readonly teach: (matrix: Matrix, labels: Uint8Array, users: Float64Array, onProgress: (share: number) => void) => Trained;
  readonly onProgress: (share: number) => void;
}

/** Every user of the last date is held out once: two thirds of the users teach the model that judges the other third. */
const PARTS = 3;
/** With a single date nothing is judged but importance, which so many rows settle. */
const MOST_TAUGHT_FOR_IMPORTANCE = 50_000;

/**
 * Splits by user and by time at once, so that nobody stands on both sides: a part's users are judged at the last observation date by a
 * model of the other users at the earlier dates. With a single date one part of the users is held out for the importance alone.
 */
export function judgeUnseen({ matrix, labels, users, dates, groups, seed, teach, onProgress }: UnseenQuestion): Unseen {
  const last = dates.reduce((latest, date) => Math.max(latest, date), 0);
  const part = groupFolds(labels, users, PARTS, seed);
  const rows = Int32Array.from(dates.keys());
  const rounds = last === 0 ? 1 : PARTS;
  const later = rows.filter((row) => dates[row] === last);
  const probabilities = new Float64Array(labels.length);
  const lost: { readonly rows: number; readonly aucLost: readonly number[] }[] = [];
  for (let round = 0; round < rounds; round++) {
    const others = rows.filter((row) => part[row] !== round && (last === 0 || dates[row]! < last));
    const seen = last === 0 ? everyNth(others, MOST_TAUGHT_FOR_IMPORTANCE) : others;
    const held = later.filter((row) => part[row] === round);
    const taught = takeLabels(labels, seen);
    const taughtUsers = Float64Array.from(seen, (row) => users[row]!);
    if (!canTeach(taught, taughtUsers)) return { later: null, aucLost: null };
    const { model } = teach(takeRows(matrix, seen), taught, taughtUsers, (share) => onProgress((round + share) / rounds));
    const unseen = takeRows(matrix, held);
    for (const [place, logOdds] of predictLogOdds(model, unseen).entries()) probabilities[held[place]!] = sigmoid(logOdds);
    lost.push({ rows: held.length, aucLost: permutationImportance(model, unseen, takeLabels(labels, held), groups, seed) });
  }
  return {
    later: last === 0 ? null : { rows: later, probabilities: Float64Array.from(later, (row) => probabilities[row]!) },
    aucLost: groups.map((_, group) => meanBy(lost.map((each) => [each.aucLost[group]!, each.rows]))),
  };
}

function everyNth(rows: Int32Array, most: number): Int32Array {
  const stride = Math.max(1, Math.ceil(rows.length / most));
  return rows.filter((_, place) => place % stride === 0);
}

/** Training deals the users of either label into folds, so there must be two of each. */
function canTeach(labels: Uint8Array, users: Float64Array): boolean {
  const seen = [new Set<number>(), new Set<number>()] as const;
  for (let row = 0; row < labels.length; row++) seen[labels[row] === 1 ? 1 : 0].add(users[row]!);
  return seen[0].size >= 2 && seen[1].size >= 2;
}

/** A mean by weights, over the values that there are. */
function meanBy(weighted: readonly (readonly [value: number, weight: number])[]): number {
  const known = weighted.filter(([value]) => !Number.isNaN(value));
  const total = known.reduce((sum, [, weight]) => sum + weight, 0);
  return total === 0 ? 0 : known.reduce((sum, [value, weight]) => sum + value * weight, 0) / total;
}
