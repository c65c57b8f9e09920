import { TidemarkError } from "../errors.js";
import { perRequest } from "../request.js";
import type { Session } from "../store/pool.js";
import { keptByVersion, settingsOf } from "../store/setting.js";
import type { CutMethod, SchemeTier } from "./tier-scheme.entity.js";

export interface TierSchemeRow {
  readonly id: number;
  readonly key: string;
  readonly method: CutMethod;
  /** cuts[i] is the lowest probability of tiers[i + 1]. */
  readonly cuts: readonly number[];
  readonly tiers: readonly SchemeTier[];
  readonly updatedAt: Date;
}

export async function tierSchemes(session: Session): Promise<TierSchemeRow[]> {
  return session.read<TierSchemeRow>(
    `select id, key, method, cuts, tiers, updated_at as "updatedAt" from tier_scheme order by id`,
  );
}

const keptSchemes = keptByVersion(tierSchemes);

/** All schemes, as they stand when the request first asks. */
export const schemesOfRequest = perRequest(async (context) =>
  keptSchemes(context.store.pool, (await settingsOf(context).read()).catalogues?.version),
);

/** The named scheme, else `default`. @throws TidemarkError NOT_FOUND, naming those that there are */
export function chosenScheme(schemes: readonly TierSchemeRow[], key: string | null | undefined): TierSchemeRow {
  const found = schemes.find((scheme) => scheme.key === (key ?? "default"));
  if (found) return found;
  throw new TidemarkError(
    "NOT_FOUND",
    `There is no tier scheme ${JSON.stringify(key?.slice(0, 60))}; there are ${schemes.map((each) => each.key).join(", ")}. Make one with saveTierScheme.`,
  );
}
