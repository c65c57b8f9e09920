import { RandomForestClassifier } from "ml-random-forest";
import { describe, expect, it } from "vitest";
import { fitForest } from "../../src/learn/forest.js";
import { exportForest, forestVotes, importForest } from "../../src/learn/forest-json.js";
import type { Matrix } from "../../src/learn/matrix.js";
import { synthetic } from "./synthetic.js";

/** The package is given rows without gaps, as it knows none. */
const complete = (rows: number, seed: number) => synthetic(rows, 6, seed, 0);
const rowsOf = ({ rows, columns }: Matrix) => Array.from({ length: rows }, (_, row) => columns.map((column) => column[row]!));

describe("a forest of ours in ml-random-forest", () => {
  it.each([60, 61])("of %d trees votes alike on 5,000 rows", (trees) => {
    const { matrix, labels } = complete(1500, 21);
    const forest = fitForest(matrix, labels, { trees, maxDepth: 7, minLeaf: 6, seed: 4 });
    const theirs = RandomForestClassifier.load(JSON.parse(JSON.stringify(exportForest(forest))));
    const unseen = complete(5000, 22).matrix;
    const votes = theirs.predict(rowsOf(unseen));
    const ours = forestVotes(forest, unseen);
    expect(votes.filter((vote, row) => vote !== ours[row])).toHaveLength(0);
    expect(new Set(ours).size).toBe(2);
  });

  it("comes back as it went", () => {
    const { matrix, labels } = complete(800, 31);
    const forest = fitForest(matrix, labels, { trees: 15, seed: 4 });
    const back = importForest(JSON.parse(JSON.stringify(exportForest(forest))), 6);
    expect(back.feature).toEqual(forest.feature);
    expect(back.threshold).toEqual(forest.threshold);
    expect(forestVotes(back, matrix)).toEqual(forestVotes(forest, matrix));
  });
});

describe("a forest of ml-random-forest here", () => {
  it("votes alike on 4,000 rows", () => {
    const { matrix, labels } = complete(300, 41);
    const theirs = new RandomForestClassifier({
      nEstimators: 20,
      maxFeatures: 0.7,
      replacement: false,
      seed: 3,
      noOOB: true,
      treeOptions: { maxDepth: 8, minNumSamples: 5, gainThreshold: 0 },
    });
    theirs.train(rowsOf(matrix), Array.from(labels));
    const forest = importForest(JSON.parse(JSON.stringify(theirs)), 6);
    const unseen = complete(4000, 42).matrix;
    const votes = theirs.predict(rowsOf(unseen));
    const ours = forestVotes(forest, unseen);
    expect(votes.filter((vote, row) => vote !== ours[row])).toHaveLength(0);
    expect(new Set(ours).size).toBe(2);
  });

  it("is refused when it is none, or does not fit the columns", () => {
    expect(() => importForest(JSON.parse('{"name":"RFRegression"}'), 6)).toThrow("not the JSON of a RandomForestClassifier");
    const { matrix, labels } = complete(300, 41);
    expect(() => importForest(exportForest(fitForest(matrix, labels, { trees: 3 })), 2)).toThrow("column that is there");
  });
});
