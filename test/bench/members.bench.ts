import { moveMembers } from "../../src/segments/member.step.js";
import { runSegments } from "../../src/segments/run.step.js";
import { writeSegment } from "../../src/segments/save.step.js";
import type { Store } from "../../src/store/store.js";
import type { Result } from "./run.js";

const USERS = 50_000;
const NOW = new Date("2026-06-01T00:00:00Z");
const SEGMENTS = [0, 10, 50];
const SINGLE = 60;

/**
 * What live membership costs: one user whose facts changed, and everybody at once, by the number of LIVE segments of three conditions each
 * (events in a window, a tag, an attribute).
 */
export async function run(store: Store, { users = USERS }: { readonly users: number | undefined }): Promise<readonly Result[]> {
  const { pool } = store;
  await pool.run(
    `insert into app_user (id, first_seen_at, attributes, created_at, updated_at)
     select id, '2026-01-01', jsonb_build_object('age', 18 + id % 60), $1, $1 from generate_series(1, $2::int) id`,
    [NOW, users],
  );
  await pool.run(
    `insert into event (user_id, occurred_at, id, type_id, source_id, received_at)
     select u, $1::timestamptz - make_interval(secs => (u * 7919 + e * 104729) % 7776000), u * 20 + e, (select id from event_type where key = 'login'), 1, $1
     from generate_series(1, $2::int) u, generate_series(1, 15) e`,
    [NOW, users],
  );
  await pool.run(
    "insert into user_tag (user_id, tag_id, since, source) select u, g.id, '2026-01-01', 'bench' from generate_series(1, $1::int, 5) u, tag g where g.key = 'vip'",
    [users],
  );
  await pool.run("analyze");
  const results: Result[] = [];
  for (const [round, count] of SEGMENTS.entries()) {
    for (let place = SEGMENTS[round - 1] ?? 0; place < count; place++)
      await pool.transaction((transaction) =>
        writeSegment(
          transaction,
          {
            ...{ key: `s${place}`, name: "s", department: "company", visibility: "PUBLIC", by: "bench" },
            expression: {
              all: [
                { event: { type: "login", atLeast: 1 + (place % 3), withinDays: 3 + place } },
                { any: [{ tag: { key: "vip" } }, { attribute: { name: "age", op: "GTE", value: 20 + place } }] },
              ],
            },
          },
          NOW,
        ),
      );
    const begun = performance.now();
    await runSegments(pool, NOW);
    const everybody = performance.now() - begun;
    const [members] = await pool.read<{ count: number }>("select count(*)::int as count from segment_member");
    const singles: number[] = [];
    for (let turn = 0; turn < SINGLE; turn++) {
      const from = performance.now();
      await pool.transaction((transaction) => moveMembers(transaction, [String(1 + turn * 7)], NOW));
      singles.push(performance.now() - from);
    }
    singles.sort((a, b) => a - b);
    results.push({
      name: `${count} LIVE segments, ${users.toLocaleString("en")} users`,
      figures: {
        "members in all": members!.count,
        "everybody, s": everybody / 1_000,
        "everybody, microseconds a user and segment": count === 0 ? 0 : (everybody * 1_000) / users / count,
        "one user, ms, p50": singles[SINGLE / 2]!,
        "one user, ms, p95": singles[Math.floor(SINGLE * 0.95)]!,
      },
    });
  }
  return results;
}
