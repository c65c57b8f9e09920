import { describe, expect, test } from "vitest";
import type { Expression } from "../../src/tags/definition.js";
import { compile } from "../../src/tags/evaluate.js";
import { DEFINITIONS } from "../../src/tags/library.js";
import { dataIsAbsent, readFeatures, readReal, readReference, SETS, TYPES } from "./real.js";

/** The reference's features as the library's tags, or as an expression where no tag is that. */
const FEATURES: Record<string, Expression> = {
  recency_days: { tag: "recency_days" },
  tenure_days: { tag: "tenure_days" },
  freq_total: { tag: "events_total" },
  n_7: { tag: "events_7d" },
  n_30: { tag: "events_30d" },
  n_60: { tag: "events_60d" },
  n_90: { tag: "events_90d" },
  n_180: { tag: "events_180d" },
  p_7: { tag: "events_prior_7d" },
  p_30: { tag: "events_prior_30d" },
  pp_30: { tag: "events_60d_to_90d" },
  p_90: { tag: "events_prior_90d" },
  ratio_30: { tag: "events_ratio_30d_raw" },
  ratio_30s: { tag: "events_ratio_30d" },
  ratio_90s: { tag: "events_ratio_90d" },
  amount_total: { tag: "amount_total" },
  amount_30: { tag: "amount_30d" },
  amount_p30: { tag: "amount_prior_30d" },
  amount_90: { tag: "amount_90d" },
  avg_amount: { tag: "average_amount" },
  gap_mean: { tag: "gap_mean_days" },
  gap_std: { tag: "gap_sd_days" },
  gap_max: { tag: "gap_max_days" },
  recency_over_gap: { tag: "recency_over_gap" },
  active_days_total: { tag: "active_days_total" },
  active_days_90: { tag: "active_days_90d" },
  breadth_total: { tag: "categories_total" },
  breadth_30: { tag: "categories_30d" },
  breadth_p30: { tag: "categories_prior_30d" },
  breadth_90: { tag: "categories_90d" },
  weekend_share: { tag: "weekend_share" },
  slope_12w: { tag: "weekly_slope_12w" },
  cv_12w: { tag: "weekly_variation_12w" },
  cp_2llr: { measure: "breakRatio", days: 182, atLeast: 0 },
  cp_week: { measure: "breakWeek", days: 182, atLeast: 0 },
  cp_rate_before: { measure: "breakBefore", days: 182, atLeast: 0 },
  cp_rate_after: { measure: "breakAfter", days: 182, atLeast: 0 },
  cp_count: { measure: "count", days: 182 },
};
const FLAGS = [
  "freq_drop_50",
  "freq_drop_50_min3",
  "amount_drop_50",
  "three_window_decline",
  "dormant_30_in_90",
  "gap_break_2x_mean",
  "gap_break_mean_2sd",
  "breadth_drop_50",
  "reactivated_30",
  "new_30",
  "cp_eligible",
  "cp_break_down",
];

describe.skipIf(dataIsAbsent).each(SETS)("%s", (set) => {
  const real = dataIsAbsent ? undefined : readReal(set);
  const reference = dataIsAbsent ? undefined : readReference(set);
  const names = Object.keys(FEATURES);
  const program = compile([...Object.values(FEATURES), ...FLAGS.map((tag) => ({ tag }))], TYPES, DEFINITIONS);

  test.each(reference ? Object.keys(reference.at) : [])("every feature and every flag of every eligible user at %s", (day) => {
    const { histories, users } = real!;
    const asOf = Date.parse(day);
    const columns = program(histories, asOf);
    const { exact } = reference!.at[day]!;
    const rowOf = new Map(users.map((user, row) => [user, row]));
    const features = readFeatures(set, day);
    expect(features.users.length).toBe(exact.eligible);

    const wrong: string[] = [];
    let compared = 0;
    for (const [place, name] of [...names, ...FLAGS].entries()) {
      const expected = features.columns.get(name);
      if (!expected) continue;
      for (const [row, user] of features.users.entries()) {
        const found = columns[place]![rowOf.get(user)!]!;
        const wanted = expected[row]!;
        compared++;
        const close = Number.isNaN(wanted)
          ? Number.isNaN(found)
          : // The file has six decimals.
            Math.abs(found - wanted) <= 1e-6 * Math.max(1, Math.abs(wanted));
        if (!close) wrong.push(`${user} ${name}: ${found} instead of ${wanted}`);
      }
    }
    expect(wrong.slice(0, 20)).toEqual([]);
    expect(compared).toBeGreaterThan(features.users.length * 40);

    const count = (tag: string, eligible: boolean) =>
      columns[names.length + FLAGS.indexOf(tag)]!.reduce(
        (sum, flag, row) =>
          sum + (flag === 1 && (!eligible || columns[names.indexOf("recency_days")]![row]! <= reference!.lookback_days) ? 1 : 0),
        0,
      );
    for (const [tag, wanted] of Object.entries(exact.tag_counts_all_users))
      expect([tag, count(tag, false)]).toEqual([tag, wanted]);
    for (const [tag, wanted] of Object.entries(exact.tag_counts_eligible)) expect([tag, count(tag, true)]).toEqual([tag, wanted]);

    const total = (tag: string) => columns[names.indexOf(tag)]!.reduce((sum, number) => sum + number, 0);
    const active = (tag: string) => columns[names.indexOf(tag)]!.reduce((sum, number) => sum + (number > 0 ? 1 : 0), 0);
    expect(total("freq_total")).toBe(exact.events_before_T);
    expect(active("freq_total")).toBe(exact.users_before_T);
    expect(total("n_30")).toBe(exact.events_in_last_30d);
    expect(total("p_30")).toBe(exact.events_in_prior_30d);
    expect(active("n_30")).toBe(exact.users_active_last_30d);
    expect(active("n_90")).toBe(exact.users_active_last_90d);
    // The reference gives money to the cent; unit prices have a third decimal.
    if (exact.sum_amount_before_T !== undefined) {
      expect(total("amount_total")).toBeCloseTo(exact.sum_amount_before_T, 2);
      expect(total("amount_30")).toBeCloseTo(exact.sum_amount_last_30d!, 2);
    }
  });
});
