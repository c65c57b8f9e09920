import type { RuleOperator } from "../learn/rules.js";
import type { ChurnKind } from "./churn-definition.entity.js";

/** Points for users who pass all of the tests, of the values of METRIC tags. */
export interface ChurnRule {
  readonly all: readonly { readonly tag: string; readonly op: RuleOperator; readonly value: number }[];
  readonly points: number;
}

export const MOST_RULES = 50;
export const MOST_TESTS = 8;

/**
 * What people with experience would write down first: silence against the horizon, and little done lately. A rule whose tags are not
 * among those chosen is left out.
 */
export function standardRules(
  { kind, horizonDays }: { readonly kind: ChurnKind; readonly horizonDays: number },
  tags: readonly string[],
): ChurnRule[] {
  const since = kind === "TRANSACTION" ? "days_since_last_order" : "recency_days";
  const atLeast = (tag: string, value: number) => ({ all: [{ tag, op: "GTE" as const, value }], points: 1 });
  const atMost = (tag: string, value: number) => ({ all: [{ tag, op: "LTE" as const, value }], points: 1 });
  const rules: ChurnRule[] = [
    atLeast(since, Math.ceil(horizonDays / 4)),
    atLeast(since, Math.ceil(horizonDays / 2)),
    atLeast(since, horizonDays),
    atLeast(since, 2 * horizonDays),
    atMost("active_days_90d", 2),
    atMost("active_days_30d", 0),
    {
      all: [
        { tag: "events_30d", op: "LTE", value: 1 },
        { tag: "negative_events_90d", op: "GTE", value: 1 },
      ],
      points: 1,
    },
  ];
  return rules.filter(({ all }) => all.every(({ tag }) => tags.includes(tag)));
}
