import type { Session } from "../store/pool.js";
import { readChampions } from "./churn-model.loader.js";

/** Users whose forecasts are kept: of 10,000 an AUC has a standard error of some 0.005, and a rate one of 0.005. */
const MOST_USERS = 10_000;
/** One every week: with a horizon of 90 days 13 wait to be judged, 130,000 rows for each champion. */
const EVERY_DAYS = 7;

/** Keeps what each champion foretells today of a sample of users (by a hash of them), unless it was kept within the week. */
export async function keepSnapshots(session: Session, asOf: Date): Promise<void> {
  for (const { id, definitionId } of await readChampions(session))
    await session.read(
      `insert into score_snapshot (user_id, model_id, scored_at, probability)
       select s.user_id, s.model_id, $3, s.probability from churn_score s
       where s.definition_id = $1 and s.model_id = $2
         and not exists (select from score_snapshot k where k.model_id = $2 and k.scored_at > $3::timestamptz - make_interval(days => ${EVERY_DAYS}))
         and not exists (select from backtest b where b.model_id = $2 and b.scored_at > $3::timestamptz - make_interval(days => ${EVERY_DAYS}))
       order by hashint8extended(s.user_id, 3) limit ${MOST_USERS}
       on conflict (user_id, model_id, scored_at) do nothing`,
      [definitionId, id, asOf],
    );
}
