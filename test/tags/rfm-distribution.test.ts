import { describe, expect, test } from "vitest";
import { distributionByTile, distributionByValue } from "../../src/tags/rfm-distribution.js";

const population = (recency: number[], frequency: number[], money: number[]) => ({
  recency: Float64Array.from(recency),
  frequency: Float64Array.from(frequency),
  monetaryUnits: Float64Array.from(money, (amount) => Math.round(amount * 10_000)),
});
const first = (users: number) => Float64Array.from({ length: users }, (_, place) => place);

describe("scores by value", () => {
  test("equals get equal scores, so that most who bought once share score 1, and nobody has 2", () => {
    const found = distributionByValue(population([1, 2, 3, 4, 5], [1, 1, 1, 2, 3], [10, 10, 10, 20, 30]));
    expect(found.scoreCounts.frequency).toEqual([3, 0, 0, 1, 1]);
    expect(found.emptyScores).toEqual({ recency: [], frequency: [2, 3], monetary: [2, 3] });
    expect(found.scoreCounts.recency).toEqual([1, 1, 1, 1, 1]);
  });

  test("a population of equals has one score", () => {
    const found = distributionByValue(population([7, 7, 7], [2, 2, 2], [5, 5, 5]));
    expect(found.cells).toEqual([{ recency: 5, frequency: 1, monetary: 1, count: 3 }]);
  });

  test("own cuts take the place of the quintiles; a value on a cut belongs below it, two equal cuts leave a score empty", () => {
    const found = distributionByValue(population([1, 2, 3], [1, 2, 9], [1, 2, 3]), { frequency: [1, 1, 5, 8] });
    expect(found.thresholds!.frequency).toEqual([1, 1, 5, 8]);
    expect(found.scoreCounts.frequency).toEqual([1, 0, 1, 0, 1]);
    expect(found.emptyScores.frequency).toEqual([2, 4]);
  });

  test("nobody has no cell", () => {
    expect(distributionByValue(population([], [], []))).toMatchObject({ users: 0, cells: [] });
  });
});

describe("scores by NTILE", () => {
  test("every score has a fifth, the lower ones one more; equals go by external id, so that the smaller gets the lower score", () => {
    const frequency = [1, 1, 1, 1, 1, 1, 1];
    const columns = population([3, 3, 3, 3, 3, 3, 3], frequency, frequency);
    // The last user has the smallest external id.
    const rank = first(7).reverse();
    const found = distributionByTile(columns, { silence: new Float64Array(7).fill(3.5), rank });
    expect(found.scoreCounts.frequency).toEqual([2, 2, 1, 1, 1]);
    expect(found.thresholds).toBeNull();
    expect(found.monetarySumUnits).toEqual([20_000, 20_000, 10_000, 10_000, 10_000]);
    // All three orders agree among equals, hence the diagonal.
    expect(found.cells.map(({ recency, frequency, monetary }) => `${recency}${frequency}${monetary}`)).toEqual([
      "111",
      "222",
      "333",
      "444",
      "555",
    ]);
  });

  test("within one whole day the later event is the more recent", () => {
    const columns = population([3, 3, 3, 3, 3], [1, 2, 3, 4, 5], [1, 1, 1, 1, 1]);
    const found = distributionByTile(columns, { silence: Float64Array.of(3.9, 3.7, 3.5, 3.3, 3.1), rank: first(5) });
    expect(found.cells.every(({ recency, frequency }) => recency === frequency)).toBe(true);
  });

  test("fewer users than scores leave the highest empty", () => {
    const found = distributionByTile(population([1, 2], [1, 2], [1, 2]), { silence: Float64Array.of(1, 2), rank: first(2) });
    expect(found.scoreCounts.frequency).toEqual([1, 1, 0, 0, 0]);
    expect(found.emptyScores.frequency).toEqual([3, 4, 5]);
  });

  test("nobody has no cell", () => {
    expect(distributionByTile(population([], [], []), { silence: first(0), rank: first(0) }).cells).toEqual([]);
  });
});
