import { gaussLegendre } from "../math/gauss-legendre.js";
import type { Forest } from "./forest.js";
import { depthOfTree } from "./forest-scores.js";
import type { Matrix } from "./matrix.js";
import { placeOfRank, type RankedColumn, rankedColumns, rankOfThreshold, ranksOf } from "./ranks.js";

/*
 * Contributions of many rows by trees of depth 6 at most. What a leaf owes to each column depends on the row only by which of the columns
 * on its way the row satisfies: one bit for each. So the leaves below a node two levels above the bottom, four of them, are summed up
 * beforehand for every pattern of those bits and of the answers to the node's three questions, at most 2^7 of them. A row is then sixteen
 * looks into a tree's tables, which stay in the processor's cache while all rows pass. Making them takes as long as two thousand rows take with them.
 */

/** Deeper trees have tables that no cache holds. */
export const DEEPEST_TABLE = 6;
const LEVELS_BELOW = 2;
const QUESTIONS = 3;
/** Exact for the product of up to eight columns' factors (see tree-shap.ts), and there are seven at most. */
const QUADRATURE = gaussLegendre(4);

/** A tree, cut two levels above its deepest leaf. */
interface TreeTables {
  /** Questions above the cut, parents first. */
  readonly upper: Questions;
  /** Of each of them the bit of its column, and where the masks of its children stand: behind those of the questions, those of the groups. */
  readonly bit: Int32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Three for each group; those that are not there are asked for nothing. */
  readonly lower: Questions;
  /** Of each group the bits of the columns asked on the way to it. */
  readonly pathMask: Int32Array;
  /** Where a group's columns begin among all groups', and the end; where its table begins among all groups'. */
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly tableStarts: Int32Array;
  /** For each group and pattern one number for each of its columns. */
  readonly table: Float64Array;
  readonly base: number;
}

/** By ranks, as scores are (forest-scores.ts): a row goes right where its rank at the place is above the threshold's. */
interface Questions {
  readonly place: Int32Array;
  readonly rank: Int32Array;
}

interface Group {
  readonly pathMask: number;
  readonly columns: readonly number[];
  readonly table: Float64Array;
}

/**
 * Adds what each tree owes to the columns of each row, and gives what it answers for a row of which nothing is known.
 *
 * @param found row after row, as many numbers each as the forest has columns
 */
export function addByTables(forest: Forest, matrix: Matrix, found: Float64Array): number {
  const ranked = rankedColumns(forest);
  const ranks = ranksOf(matrix, ranked);
  let base = 0;
  for (const root of forest.roots) {
    const tables = tablesOf(forest, root, ranked);
    base += tables.base;
    addTree(tables, ranks, found, matrix.rows, forest.columns);
  }
  return base;
}

function addTree(tables: TreeTables, ranks: Int32Array, found: Float64Array, rows: number, width: number): void {
  const { upper, bit, left, right, lower, pathMask, starts, columns, tableStarts, table } = tables;
  const asked = bit.length;
  const groups = pathMask.length;
  const masks = new Int32Array(asked + groups);
  for (let row = 0; row < rows; row++) {
    const offset = row * width;
    const given = 2 * offset;
    masks[0] = -1;
    for (let node = 0; node < asked; node++) {
      const mask = masks[node]!;
      const goesRight = (upper.rank[node]! - ranks[given + upper.place[node]!]!) >>> 31;
      masks[left[node]!] = mask & ~(bit[node]! & -goesRight);
      masks[right[node]!] = mask & ~(bit[node]! & (goesRight - 1));
    }
    for (let g = 0; g < groups; g++) {
      const first = QUESTIONS * g;
      const answers =
        ((lower.rank[first]! - ranks[given + lower.place[first]!]!) >>> 31) |
        (((lower.rank[first + 1]! - ranks[given + lower.place[first + 1]!]!) >>> 31) << 1) |
        (((lower.rank[first + 2]! - ranks[given + lower.place[first + 2]!]!) >>> 31) << 2);
      const start = starts[g]!;
      const end = starts[g + 1]!;
      let at = tableStarts[g]! + (((masks[asked + g]! & pathMask[g]!) << QUESTIONS) | answers) * (end - start);
      for (let i = start; i < end; i++) found[offset + columns[i]!]! += table[at++]!;
    }
  }
}

function tablesOf(forest: Forest, root: number, ranked: readonly RankedColumn[]): TreeTables {
  const { feature, left, right, cover, value } = forest;
  const cut = Math.max(0, depthOfTree(forest, root) - LEVELS_BELOW);
  const upper: number[] = [];
  const bits: number[] = [];
  const children: [number, number][] = [];
  const lower: number[] = [];
  const groups: Group[] = [];
  let base = 0;

  /** Gives where the node's mask will stand: at its number above the cut, at ~its number where it is a group. */
  const lay = (node: number, depth: number, path: readonly Way[]): number => {
    if (depth === cut || feature[node]! < 0) {
      const questions = [node, left[node]!, right[node]!].map((each) => (each >= 0 && feature[each]! >= 0 ? each : -1));
      if (feature[node]! < 0) questions.fill(-1);
      lower.push(...questions);
      return ~(groups.push(groupOf(forest, node, path, questions)) - 1);
    }
    const place = upper.push(node) - 1;
    const column = feature[node]!;
    const known = path.findIndex((way) => way.column === column);
    bits.push(1 << (known < 0 ? path.length : known));
    children.push([0, 0]);
    const through = (child: number) => {
      const share = cover[node]! > 0 ? cover[child]! / cover[node]! : 0;
      if (known < 0) return [...path, { column, share }];
      return path.map((way, i) => (i === known ? { column, share: way.share * share } : way));
    };
    children[place] = [lay(left[node]!, depth + 1, through(left[node]!)), lay(right[node]!, depth + 1, through(right[node]!))];
    return place;
  };
  const expected = (node: number, reach: number): void => {
    if (feature[node]! < 0) {
      base += reach * value[node]!;
      return;
    }
    for (const child of [left[node]!, right[node]!])
      expected(child, cover[node]! > 0 ? (reach * cover[child]!) / cover[node]! : 0);
  };
  lay(root, 0, []);
  expected(root, 1);
  const placeOf = (child: number) => (child >= 0 ? child : upper.length + ~child);
  return {
    upper: questionsOf(forest, upper, ranked),
    bit: Int32Array.from(bits),
    left: Int32Array.from(children, ([child]) => placeOf(child)),
    right: Int32Array.from(children, ([, child]) => placeOf(child)),
    lower: questionsOf(forest, lower, ranked),
    pathMask: Int32Array.from(groups, ({ pathMask }) => pathMask),
    starts: startsOf(groups.map(({ columns }) => columns.length)),
    columns: Int32Array.from(groups.flatMap(({ columns }) => columns)),
    tableStarts: startsOf(groups.map(({ table }) => table.length)),
    table: stacked(groups.map(({ table }) => table)),
    base,
  };
}

/** Where each of some parts begins, and the end. */
function startsOf(lengths: readonly number[]): Int32Array {
  const starts = new Int32Array(lengths.length + 1);
  for (const [part, length] of lengths.entries()) starts[part + 1] = starts[part]! + length;
  return starts;
}

function stacked(parts: readonly Float64Array[]): Float64Array {
  const starts = startsOf(parts.map(({ length }) => length));
  const whole = new Float64Array(starts[parts.length]!);
  for (const [part, values] of parts.entries()) whole.set(values, starts[part]!);
  return whole;
}

function questionsOf(forest: Forest, nodes: readonly number[], ranked: readonly RankedColumn[]): Questions {
  return {
    place: Int32Array.from(nodes, (node) => (node < 0 ? 0 : placeOfRank(forest, node))),
    rank: Int32Array.from(nodes, (node) => (node < 0 ? 0 : rankOfThreshold(forest, node, ranked))),
  };
}

/** A column that was asked, and the share of training rows that took the ways taken. */
interface Way {
  readonly column: number;
  readonly share: number;
}

/** A leaf of a group, and the ways to it from the group's root: which of the three questions, and what has to be answered. */
interface Leaf {
  readonly value: number;
  readonly ways: readonly (Way & { readonly question: number; readonly right: 0 | 1 })[];
}

function groupOf(forest: Forest, root: number, path: readonly Way[], questions: readonly number[]): Group {
  const leaves = leavesOf(forest, root, questions, []);
  const columns = [...new Set([...path, ...leaves.flatMap(({ ways }) => ways)].map(({ column }) => column))];
  const patterns = 1 << (path.length + QUESTIONS);
  const table = new Float64Array(patterns * columns.length);
  for (const leaf of leaves) addLeaf(table, patterns, columns, path, leaf);
  return { pathMask: (1 << path.length) - 1, columns, table };
}

/** What a leaf owes depends on which of its own columns are satisfied: that is worked out once for each choice of them, and looked up for each pattern. */
function addLeaf(
  table: Float64Array,
  patterns: number,
  columns: readonly number[],
  path: readonly Way[],
  { value, ways }: Leaf,
): void {
  const own = [...new Set([...path, ...ways].map(({ column }) => column))];
  const count = own.length;
  const share = new Float64Array(count).fill(1);
  for (const way of [...path, ...ways]) share[own.indexOf(way.column)]! *= way.share;
  const owed = new Float64Array((1 << count) * count);
  for (let choice = 0; choice < 1 << count; choice++) addShapley(owed, choice, value, share);
  const places = own.map((column) => columns.indexOf(column));
  const bits = ways.map(({ column }) => 1 << own.indexOf(column));
  for (let pattern = 0; pattern < patterns; pattern++) {
    let choice = (pattern >> QUESTIONS) | (-1 << path.length);
    for (let w = 0; w < ways.length; w++) if (((pattern >> ways[w]!.question) & 1) !== ways[w]!.right) choice &= ~bits[w]!;
    choice &= (1 << count) - 1;
    const at = pattern * columns.length;
    for (let i = 0; i < count; i++) table[at + places[i]!]! += owed[choice * count + i]!;
  }
}

function leavesOf(forest: Forest, node: number, questions: readonly number[], ways: Leaf["ways"]): Leaf[] {
  const { feature, left, right, cover, value } = forest;
  if (feature[node]! < 0) return [{ value: value[node]!, ways }];
  const question = questions.indexOf(node);
  const way = (child: number, right: 0 | 1) => {
    const share = cover[node]! > 0 ? cover[child]! / cover[node]! : 0;
    return leavesOf(forest, child, questions, [...ways, { column: feature[node]!, share, question, right }]);
  };
  return [...way(left[node]!, 0), ...way(right[node]!, 1)];
}

/**
 * For one choice of satisfied columns, each column's value x (o_j - z_j) x the integral of the others' z_i + (o_i - z_i) t (see
 * tree-shap.ts).
 */
function addShapley(owed: Float64Array, choice: number, value: number, share: Float64Array): void {
  const count = share.length;
  for (let k = 0; k < QUADRATURE.points.length; k++) {
    const t = QUADRATURE.points[k]!;
    const start = value * QUADRATURE.weights[k]!;
    let product = start;
    for (let i = 0; i < count; i++) product *= factorOf(choice, i, share, t);
    for (let j = 0; j < count; j++) {
      const factor = factorOf(choice, j, share, t);
      // A factor of 0 is that of a column on a way that no training row took.
      const others = factor === 0 ? productBut(choice, j, share, t, start) : product / factor;
      owed[choice * count + j]! += (((choice >> j) & 1) - share[j]!) * others;
    }
  }
}

function factorOf(choice: number, column: number, share: Float64Array, t: number): number {
  return share[column]! + (((choice >> column) & 1) - share[column]!) * t;
}

function productBut(choice: number, but: number, share: Float64Array, t: number, start: number): number {
  let product = start;
  for (let i = 0; i < share.length; i++) if (i !== but) product *= factorOf(choice, i, share, t);
  return product;
}
