import { TidemarkError } from "../errors.js";
import type { Thing, Visibility } from "../people/access.js";
import { accessOf } from "../people/access.loader.js";
import { perRequest, type RequestContext } from "../request.js";
import type { Session } from "../store/pool.js";
import { keptByVersion, settingsOf } from "../store/setting.js";
import type { TierRule } from "./tier-rule.js";
import type { CutMethod, SchemeTier } from "./tier-scheme.entity.js";

export interface TierSchemeRow {
  readonly id: number;
  readonly key: string;
  readonly method: CutMethod;
  /** cuts[i] is the lowest probability of tiers[i + 1]. */
  readonly cuts: readonly number[];
  readonly tiers: readonly SchemeTier[];
  /** A user comes down a tier only where the score lies so far below its cut. */
  readonly hysteresis: number;
  /** Asked in this order, before the score. */
  readonly rules: readonly TierRule[];
  readonly updatedAt: Date;
  readonly department: { readonly key: string };
  readonly visibility: Visibility;
}

/** A scheme that nobody has saved cuts as the default churn definition says, where that has cuts for as many tiers. */
export async function tierSchemes(session: Session): Promise<TierSchemeRow[]> {
  return session.read<TierSchemeRow>(
    `select s.id, s.key, s.method, coalesce(d.cuts, s.cuts) as cuts, s.tiers, s.hysteresis, s.rules, s.updated_at as "updatedAt",
       json_build_object('key', s.department) as department, s.visibility
     from tier_scheme s
     left join churn_definition d on s.follows_definition and d.is_default and cardinality(d.cuts) = cardinality(s.cuts)
     order by s.id`,
  );
}

const keptSchemes = keptByVersion(tierSchemes);

/** All schemes, as they stand when the request first asks: to say by name what is refused. */
export const allSchemesOfRequest = perRequest(async (context) =>
  keptSchemes(context.store.pool, (await settingsOf(context).read()).catalogues?.version),
);

/** Those that the viewer may read. */
export const schemesOfRequest = perRequest(async (context) => {
  const schemes = await allSchemesOfRequest(context);
  if (schemes.every(({ visibility }) => visibility === "PUBLIC")) return schemes;
  const access = await accessOf(context)();
  return schemes.filter((scheme) => access(thingOfScheme(scheme)) === "READ");
});

export function thingOfScheme({ id, department, visibility }: Pick<TierSchemeRow, "id" | "department" | "visibility">): Thing {
  return { kind: "TIER_SCHEME", id, department, visibility };
}

/** The named scheme, else `default`, for the viewer. @throws TidemarkError FORBIDDEN, naming the department to ask, or NOT_FOUND */
export async function schemeFor(context: RequestContext, key: string | null | undefined): Promise<TierSchemeRow> {
  const shown = await schemesOfRequest(context);
  const hidden = (await allSchemesOfRequest(context)).find(
    (scheme) => scheme.key === (key ?? "default") && !shown.includes(scheme),
  );
  if (hidden && context.viewer.role !== "APP")
    throw new TidemarkError(
      "FORBIDDEN",
      `The tier scheme ${hidden.key} belongs to the department ${hidden.department.key}, which has not shared it with yours; ask for it with requestGrant.`,
      { department: hidden.department.key },
    );
  return chosenScheme(shown, key);
}

/** The named scheme, else `default`. @throws TidemarkError NOT_FOUND, naming those that there are */
export function chosenScheme(schemes: readonly TierSchemeRow[], key: string | null | undefined): TierSchemeRow {
  const found = schemes.find((scheme) => scheme.key === (key ?? "default"));
  if (found) return found;
  throw new TidemarkError(
    "NOT_FOUND",
    `There is no tier scheme ${JSON.stringify(key?.slice(0, 60))}; there are ${schemes.map((each) => each.key).join(", ")}. Make one with saveTierScheme.`,
  );
}
