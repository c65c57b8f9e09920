import type { UserError } from "../page.js";
import type { Transaction } from "../store/pool.js";
import { bumpCatalogues } from "../store/setting.js";
import { LONGEST_REASON, MOST_RULES } from "./tier-rule.js";
import type { TierSchemeRow } from "./tier-scheme.loader.js";

type SchemeToSave = Pick<TierSchemeRow, "key" | "method" | "cuts" | "tiers" | "hysteresis" | "rules">;

const MOST_HYSTERESIS = 0.2;

const LONGEST_KEY = 60;
const LONGEST_NAME = 200;
const MOST_TIERS = 10;

/** What is wrong with a scheme that somebody sends; empty when it can be saved. */
export function schemeErrors({ key, cuts, tiers, hysteresis, rules }: SchemeToSave): UserError[] {
  const errors: UserError[] = [];
  const refuse = (code: string, field: string, message: string) => errors.push({ code, message, path: ["input", field] });
  if (!/^[a-z][a-z0-9_]*$/.test(key) || key.length > LONGEST_KEY)
    refuse(
      "BAD_INPUT",
      "key",
      `A key is 1 to ${LONGEST_KEY} lower-case letters, digits and underscores, beginning with a letter.`,
    );
  if (tiers.length < 2 || tiers.length > MOST_TIERS)
    refuse("BAD_INPUT", "tiers", `A scheme has 2 to ${MOST_TIERS} tiers, not ${tiers.length}.`);
  for (const tier of tiers) {
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(tier.key) || tier.key.length > LONGEST_KEY || tier.key === "NONE")
      refuse("BAD_INPUT", "tiers", `A tier's key is 1 to ${LONGEST_KEY} letters, digits and underscores, and not NONE.`);
    if (tier.name.length > LONGEST_NAME || tier.name.includes("\0"))
      refuse("TOO_LONG", "tiers", `A tier's name has at most ${LONGEST_NAME} characters and no NUL.`);
  }
  if (new Set(tiers.map((tier) => tier.key)).size < tiers.length)
    refuse("BAD_INPUT", "tiers", "Each tier needs a key of its own.");
  if (cuts.length !== tiers.length - 1)
    refuse(
      "BAD_INPUT",
      "cuts",
      `${tiers.length} tiers need ${tiers.length - 1} cuts, not ${cuts.length}; today's scores may have too few different values.`,
    );
  if (!cuts.every((cut, i) => cut > (cuts[i - 1] ?? 0) && cut < 1))
    refuse("BAD_INPUT", "cuts", "Cuts lie between 0 and 1, each above the one before.");
  if (!(hysteresis >= 0 && hysteresis <= MOST_HYSTERESIS))
    refuse("BAD_INPUT", "hysteresis", `hysteresis is ${hysteresis}; it must be 0 to ${MOST_HYSTERESIS} of probability.`);
  if (rules.length > MOST_RULES) refuse("TOO_COMPLEX", "rules", `A scheme has at most ${MOST_RULES} rules, not ${rules.length}.`);
  for (const [place, { then, reason }] of rules.entries()) {
    if (!tiers.some((tier) => tier.key === then))
      refuse(
        "BAD_INPUT",
        "rules",
        `rules[${place}].then is ${JSON.stringify(then.slice(0, LONGEST_KEY))}, which is no tier of the scheme.`,
      );
    if (reason !== null && (reason.length > LONGEST_REASON || reason.includes("\0")))
      refuse("TOO_LONG", "rules", `rules[${place}].reason has at most ${LONGEST_REASON} characters and no NUL.`);
  }
  return errors;
}

/** Makes a scheme for a department, or changes it, whosever it is; gives its id. */
export async function writeScheme(
  tx: Transaction,
  { key, method, cuts, tiers, hysteresis, rules, department }: SchemeToSave & { readonly department: string },
  now: Date,
): Promise<number> {
  const rows = await tx.read<{ id: number }>(
    `insert into tier_scheme (key, method, cuts, tiers, hysteresis, updated_at, department, rules) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (key) do update set method = excluded.method, cuts = excluded.cuts, tiers = excluded.tiers, hysteresis = excluded.hysteresis, rules = excluded.rules,
       follows_definition = false, updated_at = excluded.updated_at
     returning id`,
    [key, method, cuts, JSON.stringify(tiers), hysteresis, now, department, JSON.stringify(rules)],
  );
  await bumpCatalogues(tx);
  return rows[0]!.id;
}
