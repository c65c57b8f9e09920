/** A second-level rule: whoever satisfies `where` stands in the tier `then`, whatever the score says; of several that hold the first counts. */
export interface TierRule {
  /** A segment expression as JSON; what it means the segments room knows. */
  readonly where: unknown;
  /** Key of a tier of the scheme. */
  readonly then: string;
  /** For people; null: the expression in words. */
  readonly reason: string | null;
}

/** Users for whom a rule holds, with the tier and the reason of the first that does; entries of one place belong together. */
export interface RuledUsers {
  readonly userIds: readonly string[];
  readonly tiers: readonly string[];
  readonly reasons: readonly string[];
}

export const NOBODY_RULED: RuledUsers = { userIds: [], tiers: [], reasons: [] };
export const MOST_RULES = 20;
export const LONGEST_REASON = 500;
