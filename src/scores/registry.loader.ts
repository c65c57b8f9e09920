import DataLoader from "dataloader";
import { perRequest } from "../request.js";
import type { Session } from "../store/pool.js";
import type { ModelState } from "./churn-model.entity.js";

export interface ModelMoveRow {
  readonly modelId: number;
  readonly from: ModelState | null;
  readonly to: ModelState;
  readonly at: Date;
  readonly by: string;
  readonly reason: string;
}

const MOST_MOVES = 100;

/** Every move of a model, the latest first. */
export const movesByModel = perRequest(
  (context) =>
    new DataLoader<number, ModelMoveRow[]>(async (ids) => {
      const rows = await context.store.pool.lookup<ModelMoveRow>(
        `select s.model_id as "modelId", s.from_state as "from", s.to_state as "to", s.at, s.by_whom as "by", s.reason
         from unnest($1::int[]) as m (id)
         cross join lateral (select * from churn_model_state c where c.model_id = m.id order by c.id desc limit ${MOST_MOVES}) s
         order by s.id desc`,
        [ids],
      );
      return ids.map((id) => rows.filter(({ modelId }) => modelId === id));
    }),
);

/** The model that served before a definition's champion: the latest of the retired ones with a lower version. */
export async function predecessorOf(
  session: Session,
  definitionId: number,
): Promise<{ readonly champion: { readonly id: number; readonly version: number } | null; readonly id: number | null }> {
  const rows = await session.read<{ id: number; version: number; state: ModelState }>(
    `select id, version, state from churn_model where definition_id = $1 and state in ('CHAMPION', 'RETIRED') order by version desc`,
    [definitionId],
  );
  const champion = rows.find(({ state }) => state === "CHAMPION") ?? null;
  const before = rows.find(({ state, version }) => state === "RETIRED" && champion !== null && version < champion.version);
  return { champion, id: before?.id ?? null };
}
