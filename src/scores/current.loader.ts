import type { Session } from "../store/pool.js";
import { tagCatalogue } from "../tags/tag.loader.js";
import { type FeatureRows, matrixOf, type Wanted } from "./feature.loader.js";

/** Of so many users a population stability index over ten classes is off by some 0.002 by chance. */
const MOST_USERS = 5_000;

/** The stored features of users who have a score under a definition: a sample by a hash of the user, the same ones from day to day. */
export async function currentFeatures(session: Session, definitionId: number, wanted: Wanted): Promise<FeatureRows> {
  const rows = await session.read<{ userId: string; numbers: Buffer }>(
    `select m.user_id as "userId", array_send(m.numbers) as numbers
     from (select s.user_id from churn_score s where s.definition_id = $1 order by hashint8extended(s.user_id, 2) limit ${MOST_USERS}) s
     join user_metric m on m.user_id = s.user_id order by m.user_id`,
    [definitionId],
  );
  return matrixOf(session, await tagCatalogue(session), wanted, rows);
}
