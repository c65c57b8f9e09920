import type { Forest } from "./forest.js";
import type { Matrix } from "./matrix.js";
import { nextUp } from "./neighbours.js";
import { NodeList } from "./node-list.js";

export const RULE_OPERATORS = ["GTE", "GT", "LTE", "LT"] as const;
export type RuleOperator = (typeof RULE_OPERATORS)[number];

/** One question of a rule; a missing value passes none. */
export interface RuleTest {
  readonly column: number;
  readonly op: RuleOperator;
  readonly value: number;
}

/** Points for rows that pass all of the tests. */
export interface PointRule {
  readonly all: readonly RuleTest[];
  readonly points: number;
}

/**
 * Rules as a forest: each is a tree that is one chain of questions, whose last leaf holds its points and all others none. So rules
 * are scored and explained as trees are: a row's score is the sum of its points, and the tests of a rule share its points by their
 * Shapley values. How many training rows pass is counted, each leaf as if it had seen one more.
 */
export function rulesAsForest(matrix: Matrix, rules: readonly PointRule[]): Forest {
  const nodes = new NodeList();
  const roots: number[] = [];
  for (const rule of rules) {
    const passed = passingRows(matrix, rule);
    // Covers from the end of the chain: who passed the first n tests.
    const coverOf = (tests: number) => passed[tests]! + 1 + (rule.all.length - tests);
    let node = nodes.add(coverOf(0), 0);
    roots.push(node);
    for (const [place, { column, op, value }] of rule.all.entries()) {
      const isLast = place === rule.all.length - 1;
      const pass = nodes.add(coverOf(place + 1), isLast ? rule.points : 0);
      const fail = nodes.add(passed[place]! - passed[place + 1]! + 1, 0);
      // A row below the threshold goes left: "at least" passes right, and of a missing value the side that fails.
      const atLeast = op === "GTE" || op === "GT";
      const threshold = op === "GTE" || op === "LT" ? value : nextUp(value);
      nodes.split(node, { column, threshold, missingLeft: atLeast }, atLeast ? fail : pass, atLeast ? pass : fail);
      node = pass;
    }
  }
  return { columns: matrix.columns.length, roots: Int32Array.from(roots), ...nodes.flattened() };
}

/** How many rows pass none, the first, the first two ... of a rule's tests. */
function passingRows(matrix: Matrix, { all }: PointRule): number[] {
  const counts = new Array<number>(all.length + 1).fill(0);
  for (let row = 0; row < matrix.rows; row++) {
    let passed = 0;
    while (passed < all.length && passes(matrix.columns[all[passed]!.column]![row]!, all[passed]!)) passed++;
    for (let tests = 0; tests <= passed; tests++) counts[tests]!++;
  }
  return counts;
}

export function passes(x: number, { op, value }: Pick<RuleTest, "op" | "value">): boolean {
  switch (op) {
    case "GTE":
      return x >= value;
    case "GT":
      return x > value;
    case "LTE":
      return x <= value;
    case "LT":
      return x < value;
  }
}
