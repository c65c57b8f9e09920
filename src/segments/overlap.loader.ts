import type { Pool } from "../store/pool.js";
import type { Bound } from "./bind.js";
import { askBits } from "./bitmap.loader.js";
import type { Instant } from "./compile.js";
import { overlapStatement } from "./statement.js";

/** How many users are in each pair of some populations, all of one moment; on the diagonal how many are in each. */
export async function countOverlaps(pool: Pool, wheres: readonly Bound[], at: Instant): Promise<number[][]> {
  const members = wheres.map((_, i) => `(${i}, m${i})`).join(", ");
  const pairs = await askBits<{ a: number; b: number; users: number }>(
    pool,
    { wheres, at },
    () => `select a.place as a, b.place as b, sum(bit_count(a.bits & b.bits))::int as users from members
      cross join lateral (values ${members}) as a (place, bits) cross join lateral (values ${members}) as b (place, bits)
      where a.place <= b.place group by 1, 2`,
  );
  const counts = wheres.map(() => wheres.map(() => 0));
  if (pairs) {
    for (const { a, b, users } of pairs) {
      counts[a]![b] = users;
      counts[b]![a] = users;
    }
    return counts;
  }
  const { text, values } = overlapStatement(wheres, at);
  const { rows } = await pool.run<{ mask: number; count: number }>(text, values);
  const both = (i: number, j: number) =>
    rows.reduce((sum, { mask, count }) => sum + ((mask >> i) & 1 && (mask >> j) & 1 ? count : 0), 0);
  return counts.map((row, i) => row.map((_, j) => both(i, j)));
}
