import { describe, expect, it } from "vitest";
import { choosePenalty } from "../../src/learn/penalty.js";
import { seededRandom } from "../../src/math/random.js";

describe("the penalty of a logistic regression", () => {
  const rows = 400;
  const noise = (seed: number) => {
    const random = seededRandom(seed);
    return () => random() + random() + random() - 1.5;
  };

  /** Twenty columns: one that matters said again and again, badly; or each with a weight of its own, falling off. */
  function sample(isRepeated: boolean) {
    const random = noise(5);
    const columns = Array.from({ length: 20 }, () => new Float64Array(rows));
    const labels = Uint8Array.from({ length: rows }, (_, row) => {
      const cause = random();
      for (const column of columns) column[row] = isRepeated ? cause + 2 * random() : random();
      const logOdds = isRepeated ? cause : 40 * (columns[0]![row]! - columns[1]![row]! + 0.3 * columns[2]![row]!);
      return 1 / (1 + Math.exp(-logOdds)) > random() / 3 + 0.5 ? 1 : 0;
    });
    return { matrix: { rows, columns }, labels };
  }

  it("is high where columns say the same badly, low where they say different things well", () => {
    const repeated = sample(true);
    const different = sample(false);
    const high = choosePenalty(repeated.matrix, repeated.labels, 1);
    const low = choosePenalty(different.matrix, different.labels, 1);
    expect(high).toBeLessThan(low);
    expect(choosePenalty(repeated.matrix, repeated.labels, 1)).toBe(high);
  });

  it("is the width under which the labels are likeliest, all weights considered", () => {
    const random = noise(9);
    const column = Float64Array.from({ length: rows }, () => 2 * random());
    const labels = Uint8Array.from(column, (value) => (1 / (1 + Math.exp(-1.2 * value)) > random() / 3 + 0.5 ? 1 : 0));
    const c = choosePenalty({ rows, columns: [column] }, labels, 1);
    // The likelihood summed over a grid of both weights, the width's normal density with it.
    const steps = Array.from({ length: 161 }, (_, step) => (step - 80) / 20);
    const likelihood = steps.map((weight) =>
      steps
        .map((intercept) =>
          column.reduce((sum, value, row) => {
            const x = intercept + weight * value;
            return sum + labels[row]! * x - Math.log1p(Math.exp(x));
          }, 0),
        )
        .reduce((sum, log) => sum + Math.exp(log + 0.7 * rows), 0),
    );
    const evidence = (width: number) =>
      steps.reduce((sum, weight, i) => sum + (likelihood[i]! * Math.exp((-weight * weight) / (2 * width))) / Math.sqrt(width), 0);
    for (const factor of [0.5, 0.25, 2, 4]) expect(evidence(c), `${factor} times ${c}`).toBeGreaterThan(evidence(factor * c));
  });
});
