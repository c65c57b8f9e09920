import type { Session } from "../store/pool.js";
import { tagCatalogue } from "../tags/tag.loader.js";
import { windowsAt } from "./churn-definition.js";
import type { ChurnDefinitionRow } from "./churn-definition.loader.js";
import { type FeatureRows, matrixOf } from "./feature.loader.js";
import { ELIGIBLE } from "./sample.loader.js";

/** Of so many users a population stability index over ten classes is off by some 0.002 by chance. */
const MOST_USERS = 5_000;

/** The stored features of users who are eligible at `asOf`: a sample of them by a hash of the user, the same from day to day. */
export async function currentFeatures(
  session: Session,
  definition: ChurnDefinitionRow,
  features: readonly string[],
  asOf: Date,
): Promise<FeatureRows> {
  const rows = await session.read<{ userId: string; numbers: Buffer }>(
    `select m.user_id as "userId", array_send(m.numbers) as numbers from user_metric m
     where exists (${ELIGIBLE}) order by hashint8extended(m.user_id, 2) limit $1`,
    [MOST_USERS, definition.typeIds, windowsAt(definition, asOf).lookbackFrom, asOf],
  );
  return matrixOf(await tagCatalogue(session), features, rows);
}
