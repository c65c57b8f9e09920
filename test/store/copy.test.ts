import { afterAll, beforeAll, expect, test } from "vitest";
import { copyIn, copyOut, instant, integers } from "../../src/store/copy.js";
import { openTestStore, type TestStore } from "../database.js";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

test("what is copied in binary is what SQL sees and what is copied out again, nulls and extremes included", async () => {
  const instants = [0, -1_893_456_000_000, Date.parse("2200-01-01"), Date.parse("2011-06-01T12:00:00.123Z"), null];
  const amounts = [0, 1, -1, 117_700, 9_000_000_000_000_000, -9_000_000_000_000_000, 10_000, 100_000_000, 12_345_678, null];
  await store.pool.transaction(async ({ client, run }) => {
    await run(
      "create temp table t (i int, b bigint, f float8, at timestamptz, m numeric(19,4), s text, j jsonb, a int[], x float8[], o bool, d date) on commit drop",
    );
    const written = await copyIn(client, "t (i, b, f, at, m, s, j, a, x, o, d)", 1000, (row, index) => {
      row.int4(index);
      row.int8(index % 2 ? -index : Number.MAX_SAFE_INTEGER - index);
      row.float8(index % 3 ? index / 7 : null);
      row.epochMs(instants[index % instants.length]!);
      row.money(amounts[index % amounts.length]!);
      row.text(index % 5 ? "naïve 😀 \n\t\\".repeat(index) : null);
      row.json(index % 4 ? { key: "ü", n: [index] } : null);
      row.int4s(index % 6 ? [index, -index] : index % 12 ? [] : null);
      row.float8s([1.5, Number.NaN, index]);
      row.bool(index % 2 === 0);
      row.day(15_000 + index);
    });
    expect(written).toBe(1000);
    const { rows } = await run<any>(
      "select i, b::text b, f, at, m::text m, s, j, a, x, o, d::text d from t where i in (0, 1, 2, 3, 4, 6) order by i",
    );
    expect(rows[1]).toEqual({
      i: 1,
      b: "-1",
      f: 1 / 7,
      at: new Date(-1_893_456_000_000),
      m: "0.0001",
      s: "naïve 😀 \n\t\\",
      j: { key: "ü", n: [1] },
      a: [1, -1],
      x: [1.5, null, 1],
      o: false,
      d: "2011-01-27",
    });
    expect(rows[0]).toMatchObject({ b: "9007199254740991", f: null, m: "0.0000", s: null, j: null, a: null });
    expect(rows.map((row: any) => row.m)).toEqual(["0.0000", "0.0001", "-0.0001", "11.7700", "900000000000.0000", "1.0000"]);

    let index = 0;
    const ints = new Int32Array(4);
    const floats = new Float64Array(4);
    const count = await copyOut(client, "select i, b, f, at, m, s, j::text, a, x, o, d from t order by i", (row) => {
      const same = [row.int4(0), row.int8(1), row.float8(2), row.epochMs(3), row.money(4), row.text(5), row.bool(9), row.day(10)];
      expect(same).toEqual([
        index,
        index % 2 ? -index : Number.MAX_SAFE_INTEGER - index,
        index % 3 ? index / 7 : Number.NaN,
        instants[index % instants.length] ?? Number.NaN,
        amounts[index % amounts.length] ?? Number.NaN,
        index % 5 ? "naïve 😀 \n\t\\".repeat(index) : null,
        index % 2 === 0,
        15_000 + index,
      ]);
      expect(row.int4s(7, ints, 1)).toBe(index % 6 ? 2 : 0);
      if (index % 6) expect([...ints.subarray(1, 3)]).toEqual([index, -index]);
      expect(row.float8s(8, floats, 0)).toBe(3);
      expect([...floats.subarray(0, 3)]).toEqual([1.5, Number.NaN, index]);
      expect(row.isNull(7)).toBe(index % 12 === 0);
      index++;
    });
    expect([count, index]).toEqual([1000, 1000]);
  });
});

test("a reader that asks for time stops the stream, and one that fails leaves the connection of use", async () => {
  await store.pool.transaction(async ({ client, run }) => {
    let inside = 0;
    let sum = 0;
    await copyOut(client, "select i from generate_series(1, 20000) i", async (row) => {
      expect(++inside).toBe(1);
      const value = row.int4(0);
      if (value % 1000 === 0) await new Promise((done) => setTimeout(done, 1));
      sum += value;
      inside--;
    });
    expect(sum).toBe(200_010_000);
    const failing = copyOut(client, "select i from generate_series(1, 20000) i", (row) => {
      if (row.int4(0) === 77) throw new Error("stop at 77");
    });
    await expect(failing).rejects.toThrow("stop at 77");
    expect((await run("select 1 as one")).rows).toEqual([{ one: 1 }]);
    expect(await copyOut(client, "select i from generate_series(1, 0) i", () => {})).toBe(0);
  });
});

test("errors of the server come back as errors, inward and outward", async () => {
  await expect(store.pool.transaction(({ client }) => copyOut(client, "select 1/0", () => {}))).rejects.toThrow(
    "division by zero",
  );
  await expect(
    store.pool.transaction(({ client }) => copyIn(client, "setting (key, value)", 2, (row) => row.text("a"))),
  ).rejects.toThrow(/missing data|row field count/);
  await expect(
    store.pool.transaction(({ client }) =>
      copyIn(client, "setting (key, value)", 200_000, (row, index) => {
        if (index === 150_000) throw new Error("our own defect");
        row.text(`key ${index}`);
        row.json(index);
      }),
    ),
  ).rejects.toThrow("our own defect");
  // A refusal while much is still to be sent, and the connection is of use after it.
  await store.pool.transaction(async ({ client, run }) => {
    await run("create temp table few (i int primary key) on commit drop");
    await run("savepoint before");
    const refused = copyIn(client, "few (i)", 2_000_000, (row, index) => row.int4(index % 1_000));
    await expect(refused).rejects.toMatchObject({ code: "23505" });
    await run("rollback to savepoint before");
    expect(await copyIn(client, "few (i)", 1_000, (row, index) => row.int4(index))).toBe(1_000);
  });
  expect(await store.pool.read("select key from setting")).toEqual([]);
});

test("what is written into the text of a COPY is an instant or a whole number", () => {
  expect(instant(new Date(0))).toBe("timestamptz '1970-01-01T00:00:00.000Z'");
  expect(integers([1, "2"])).toBe("'{1,2}'::bigint[]");
  expect(() => integers(["1}'"])).toThrow("whole numbers");
});
