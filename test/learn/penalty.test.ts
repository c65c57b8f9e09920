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
});
