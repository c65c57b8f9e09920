import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importFile } from "../../src/events/import-file.step.js";
import { startTestApp, type TestApp } from "./harness.js";

const data = join(process.cwd(), "../shared/data");

/** A real set, loaded by the import and its map, is held to the reference through the graph alone: every tag's count, and RFM both ways. */
export function holdTagsToReference(set: string, file: string, map: string): void {
  const absent = !existsSync(join(data, file));
  const reference = absent ? { at: {} } : JSON.parse(readFileSync(join(data, "reference", `${set}.json`), "utf8"));

  describe.skipIf(absent)(`${set}, imported`, () => {
    let app: TestApp;
    beforeAll(async () => {
      const now = new Date("2026-01-01T00:00:00Z");
      app = await startTestApp({ asOf: now });
      await importFile(app.store, { file: join(data, file), map: join("examples", map), now });
      await app.store.pool.run("analyze");
    }, 60_000);
    afterAll(() => app?.stop());

    for (const day of Object.keys(reference.at)) {
      const exact = reference.at[day].exact;
      const asOf = `${day}T00:00:00Z`;

      test(`every tag is held by as many as in the reference at ${day}`, async () => {
        const wanted = Object.entries<number>(exact.tag_counts_all_users);
        expect(wanted.length).toBeGreaterThanOrEqual(9);
        const document = `query ($all: SegmentExpression!, $eligible: SegmentExpression!, $asOf: DateTime!) {
          all: segmentPreview(where: $all, asOf: $asOf) { count populationCount } eligible: segmentPreview(where: $eligible, asOf: $asOf) { count } }`;
        const lookback = { tag: { key: "recency_days", op: "LTE", value: reference.lookback_days } };
        for (const [key, count] of wanted) {
          const all = { tag: { key } };
          const found = await app.graph(document, { all, eligible: { all: [all, lookback] }, asOf });
          expect({ key, ...found }).toEqual({
            key,
            all: { count, populationCount: exact.users_before_T },
            eligible: { count: exact.tag_counts_eligible[key] },
          });
        }
      });

      test(`RFM by quintiles of value and by NTILE is the reference's at ${day}`, async () => {
        const { value, tile } = await app.graph(
          `query ($asOf: DateTime!) { value: rfmDistribution(asOf: $asOf) { ...all } tile: rfmDistribution(asOf: $asOf, method: NTILE) { ...all } }
           fragment all on RfmDistribution { users thresholds { recency frequency monetary } scoreCounts { recency frequency monetary }
             emptyScores { recency frequency monetary } monetarySums cells { recency frequency monetary count } layers { count } groups { count } }`,
          { asOf },
        );
        const { n_users: users, value_quintiles: byValue, ntile_quintiles: byTile } = exact.rfm;
        expect(value.users).toBe(users);
        const close = (found: number[], wanted: number[]) =>
          found.forEach((cut, place) => {
            expect(cut).toBeCloseTo(wanted[place]!, 3);
          });
        close(value.thresholds.recency, byValue.thresholds.R);
        close(value.thresholds.frequency, byValue.thresholds.F);
        close(value.thresholds.monetary, byValue.thresholds.M);
        for (const [letter, name] of [
          ["R", "recency"],
          ["F", "frequency"],
          ["M", "monetary"],
        ] as const) {
          const counts = [1, 2, 3, 4, 5].map((score) => byValue.score_counts[letter][score] ?? 0);
          expect(value.scoreCounts[name]).toEqual(counts);
          expect(value.emptyScores[name]).toEqual([1, 2, 3, 4, 5].filter((score) => counts[score - 1] === 0));
        }
        expect(Object.fromEntries(value.cells.map((cell: any) => [keyOf(cell), cell.count]))).toEqual(byValue.cells);

        expect(tile.users).toBe(users);
        expect(tile.thresholds).toBeNull();
        const cells = new Map<string, number>(tile.cells.map((cell: any) => [keyOf(cell), cell.count]));
        expect(cells.get("555")).toBe(byTile.n_555);
        expect(cells.get("111")).toBe(byTile.n_111);
        const byRecencyAndFrequency: Record<string, number> = {};
        for (const key of Object.keys(byTile.cells_RF)) byRecencyAndFrequency[key] = 0;
        for (const [key, count] of cells) byRecencyAndFrequency[key.slice(0, 2)]! += count;
        expect(byRecencyAndFrequency).toEqual(byTile.cells_RF);
        expect(tile.monetarySums.map((sum: string) => Number(sum).toFixed(2))).toEqual(
          Object.values<number>(byTile.sum_M_by_M_tile).map((sum) => sum.toFixed(2)),
        );
        expect(tile.emptyScores).toEqual({ recency: [], frequency: [], monetary: [] });
        for (const { layers, groups } of [value, tile])
          for (const parts of [layers, groups])
            expect(parts.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(users);
      });
    }
  });
}

function keyOf({ recency, frequency, monetary }: { recency: number; frequency: number; monetary: number }): string {
  return `${recency}${frequency}${monetary}`;
}
