import type { SchemeTier } from "./tier-scheme.entity.js";

/** A tier of a scheme with its place; ranks count from 1, the lowest risk. */
export interface RankedTier extends SchemeTier {
  readonly rank: number;
}

/** The tiers of the scheme that every store begins with. */
export const DEFAULT_TIERS: readonly SchemeTier[] = [
  { key: "LOW", name: "Low risk" },
  { key: "MEDIUM", name: "Medium risk" },
  { key: "HIGH", name: "High risk" },
];
export const DEFAULT_CUTS: readonly number[] = [0.5, 0.8];

const NAMES: Readonly<Record<number, readonly SchemeTier[]>> = {
  2: [DEFAULT_TIERS[0]!, DEFAULT_TIERS[2]!],
  3: DEFAULT_TIERS,
  4: [...DEFAULT_TIERS, { key: "CRITICAL", name: "Critical risk" }],
  5: [{ key: "MINIMAL", name: "Minimal risk" }, ...DEFAULT_TIERS, { key: "CRITICAL", name: "Critical risk" }],
};

/** Names for so many tiers, the lowest risk first. */
export function tiersNamed(count: number): readonly SchemeTier[] {
  return NAMES[count] ?? Array.from({ length: count }, (_, i) => ({ key: `TIER_${i + 1}`, name: `Tier ${i + 1} of ${count}` }));
}

/** The tier of that key; one that the scheme no longer has (history keeps it) has the rank 0. */
export function tierOf(tiers: readonly SchemeTier[], key: string): RankedTier {
  const place = tiers.findIndex((tier) => tier.key === key);
  return place < 0 ? { key, name: key, rank: 0 } : { ...tiers[place]!, rank: place + 1 };
}
