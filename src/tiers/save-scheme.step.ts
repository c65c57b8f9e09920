import { TidemarkError } from "../errors.js";
import type { UserError } from "../page.js";
import { changeRefusal, mayChange, principalOf } from "../people/access.js";
import { COMPANY } from "../people/department.step.js";
import type { RequestContext } from "../request.js";
import type { TierGoal } from "./suggest.js";
import { type FindRuled, moveEverybody, type TierMove } from "./tier.step.js";
import { cutValues, scoreValues } from "./tier-cuts.loader.js";
import type { TierRule } from "./tier-rule.js";
import type { CutMethod } from "./tier-scheme.entity.js";
import { tiersNamed } from "./tier-scheme.js";
import { allSchemesOfRequest, chosenScheme, type TierSchemeRow, tierSchemes } from "./tier-scheme.loader.js";
import { schemeErrors, writeScheme } from "./tier-scheme.step.js";

/** What somebody asks for; what is left out is filled in. */
export interface SchemeWish {
  readonly key: string;
  readonly method?: CutMethod | null;
  readonly cuts?: readonly number[] | null;
  readonly tiers?: readonly { readonly key: string; readonly name?: string | null }[] | null;
  readonly goal?: TierGoal | null;
  readonly hysteresis?: number | null;
}

export interface SavedScheme {
  readonly scheme: TierSchemeRow | null;
  readonly changed: readonly TierMove[];
  readonly errors: readonly UserError[];
}

/** The department that a scheme belongs to, or will; undefined where the viewer may not change it. */
export async function ownerOfScheme(context: RequestContext, key: string): Promise<string | UserError> {
  const existing = (await allSchemesOfRequest(context)).find((scheme) => scheme.key === key);
  const owner = existing?.department.key ?? context.viewer.department;
  if (owner !== null && mayChange(principalOf(context.viewer), { department: { key: owner } })) return owner;
  return { code: "FORBIDDEN", message: changeRefusal(owner ?? COMPANY), path: ["input", "key"] };
}

/** Makes or changes a scheme, and moves everybody to the tier it gives them. */
export async function saveScheme(
  context: RequestContext,
  department: string,
  wish: SchemeWish,
  rules: readonly TierRule[],
  findRuled: FindRuled,
): Promise<SavedScheme> {
  const method = wish.method ?? "FIXED";
  const tiers = wish.tiers?.map(({ key, name }) => ({ key, name: name ?? key })) ?? tiersNamed((wish.cuts?.length ?? 2) + 1);
  let cuts = wish.cuts ?? null;
  if (cuts === null) {
    const scores = await scoreValues(context, null);
    if (method !== "FIXED" && scores.values.length === 0)
      return refused("NO_CHAMPION", "There are no scores to cut yet; train a model with trainChurnModel, or give cuts.", "cuts");
    try {
      cuts = cutValues(scores, { method, tiers: tiers.length, goal: wish.goal }).cuts;
    } catch (error) {
      if (error instanceof TidemarkError) return refused(error.code, error.message, "goal");
      throw error;
    }
  }
  const scheme = { key: wish.key, method, cuts, tiers, hysteresis: wish.hysteresis ?? 0, rules, department };
  const errors = schemeErrors(scheme);
  if (errors.length > 0) return { scheme: null, changed: [], errors };
  return context.store.pool.transaction(async (tx) => {
    await writeScheme(tx, scheme, context.now);
    const saved = chosenScheme(await tierSchemes(tx), scheme.key);
    const changed = await moveEverybody(tx, saved, context.now, findRuled);
    return { scheme: saved, changed, errors: [] };
  });
}

function refused(code: string, message: string, field: string): SavedScheme {
  return { scheme: null, changed: [], errors: [{ code, message, path: ["input", field] }] };
}
