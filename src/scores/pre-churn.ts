import { benjaminiHochberg } from "../math/benjamini-hochberg.js";
import { mantelHaenszelRatio, riskRatio, type Stratum } from "../math/risk-ratio.js";
import { twoProportions } from "../math/two-proportions.js";

/** How many of the eligible users of each band of frequency show a sign, and how many of those churned. */
export class SignCounts {
  readonly users: number[] = [];
  readonly churned: number[] = [];

  add(band: number, churned: number): void {
    this.users[band] = (this.users[band] ?? 0) + 1;
    this.churned[band] = (this.churned[band] ?? 0) + churned;
  }
}

/** What a sign says of churn. */
export interface SignStrength {
  readonly users: number;
  /** Of the eligible users. */
  readonly support: number;
  readonly churnRate: number;
  readonly churnRateWithout: number;
  readonly lift: number;
  readonly liftLow: number;
  readonly liftHigh: number;
  /** Null where no band of frequency has users with and without it. */
  readonly likeWithLikeLift: number | null;
  /** Two-sided, corrected for the number of signs. */
  readonly pValue: number;
}

/** Signs of fewer users than `fewest`, or of all but so few, are not judged, and do not count in the correction. */
export function strengths<Sign>(
  all: SignCounts,
  signs: ReadonlyMap<Sign, SignCounts>,
  fewest: number,
): (SignStrength & { readonly sign: Sign })[] {
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + (count ?? 0), 0);
  const eligible = sum(all.users);
  const churned = sum(all.churned);
  const judged = [...signs].flatMap(([sign, counts]) => {
    const users = sum(counts.users);
    return users >= fewest && eligible - users >= fewest ? [{ sign, counts, users, cases: sum(counts.churned) }] : [];
  });
  const corrected = benjaminiHochberg(
    judged.map(({ users, cases }) => twoProportions(cases, users, churned - cases, eligible - users).pValue),
  );
  return judged.map(({ sign, counts, users, cases }, place) => {
    const { ratio, low, high } = riskRatio(cases, users, churned - cases, eligible - users);
    const alike = mantelHaenszelRatio(
      Array.from(all.users, (inBand = 0, band): Stratum => {
        const [with_, casesWith] = [counts.users[band] ?? 0, counts.churned[band] ?? 0];
        return [casesWith, with_, (all.churned[band] ?? 0) - casesWith, inBand - with_];
      }),
    );
    return {
      sign,
      users,
      support: users / eligible,
      churnRate: cases / users,
      churnRateWithout: (churned - cases) / (eligible - users),
      lift: ratio,
      liftLow: low,
      liftHigh: high,
      likeWithLikeLift: Number.isFinite(alike) ? alike : null,
      pValue: corrected[place]!,
    };
  });
}
