import { eventTypes } from "../events/event-type.loader.js";
import { perRequest, type RequestContext } from "../request.js";
import type { Pool, Session } from "../store/pool.js";
import { settingsOf } from "../store/setting.js";
import { compile } from "./evaluate.js";
import { AMOUNT_UNITS } from "./history.js";
import { streamHistories } from "./history.loader.js";
import type { RfmColumns, RfmThresholds } from "./rfm.js";
import { tagCatalogue } from "./tag.loader.js";

/** The METRIC tags that hold the three values: of transactions, or of activity where the store has no transaction at all. */
export const RFM_TAGS = {
  transactions: {
    recency: "days_since_last_order",
    frequency: "orders_total",
    monetary: "amount_total",
    silence: "order_recency_days",
  },
  activity: { recency: "days_since_last_event", frequency: "events_total", monetary: "events_total", silence: "recency_days" },
} as const;
export type RfmBasis = keyof typeof RFM_TAGS;

export async function rfmBasis(session: Session): Promise<RfmBasis> {
  const [row] = await session.read<{ found: boolean }>(
    "select exists (select from event where type_id = any(array(select id from event_type where kind = 'TRANSACTION'))) as found",
  );
  return row!.found ? "transactions" : "activity";
}

/** What one request needs to know to score a user: one or two small statements, however many users. */
export interface RfmState {
  readonly basis: RfmBasis;
  /** Null: nobody has been refreshed yet. */
  readonly thresholds: RfmThresholds | null;
}

export const rfmState = perRequest((context) => {
  let promise: Promise<RfmState> | undefined;
  return () => {
    promise ??= settingsOf(context)
      .read()
      .then(async ({ rfm }) =>
        rfm ? { basis: rfm.basis, thresholds: rfm } : { basis: await rfmBasis(context.store.pool), thresholds: null },
      );
    return promise;
  };
});

export interface RfmPopulation extends RfmColumns {
  readonly userIds: Float64Array;
  /** Fractional days since the last one. */
  readonly silence: Float64Array;
}

/** The whole population's values at an instant, from the events; once for a request. */
export function rfmColumnsAt(context: RequestContext, asOf: Date): Promise<RfmPopulation> {
  const known = columnsByInstant(context);
  let promise = known.get(asOf.getTime());
  if (!promise) {
    promise = readColumns(context, asOf);
    known.set(asOf.getTime(), promise);
  }
  return promise;
}

const columnsByInstant = perRequest(() => new Map<number, Promise<RfmPopulation>>());

async function readColumns({ store }: RequestContext, asOf: Date): Promise<RfmPopulation> {
  const { pool } = store;
  const tags = RFM_TAGS[await rfmBasis(pool)];
  const { definitions } = await tagCatalogue(pool);
  const program = compile(
    [{ tag: tags.recency }, { tag: tags.frequency }, { tag: tags.monetary }, { tag: tags.silence }],
    await eventTypes(pool),
    definitions,
  );
  const columns = {
    userIds: [] as number[],
    silence: [] as number[],
    recency: [] as number[],
    frequency: [] as number[],
    monetaryUnits: [] as number[],
  };
  for await (const histories of streamHistories(pool, { before: asOf, needs: program.needs })) {
    const [recency, frequency, monetary, silence] = program(histories, asOf.getTime());
    for (let user = 0; user < histories.userIds.length; user++) {
      if (frequency![user] === 0) continue;
      columns.userIds.push(histories.userIds[user]!);
      columns.silence.push(silence![user]!);
      columns.recency.push(recency![user]!);
      columns.frequency.push(frequency![user]!);
      // The engine divided whole units; this takes it back exactly.
      columns.monetaryUnits.push(Math.round(monetary![user]! * AMOUNT_UNITS));
    }
  }
  return {
    userIds: Float64Array.from(columns.userIds),
    silence: Float64Array.from(columns.silence),
    recency: Float64Array.from(columns.recency),
    frequency: Float64Array.from(columns.frequency),
    monetaryUnits: Float64Array.from(columns.monetaryUnits),
  };
}

/** The place of each of the users (ascending) when all are sorted by external id, byte by byte; of several ids the first counts. */
export async function externalIdRanks(pool: Pool, userIds: Float64Array): Promise<Float64Array> {
  const [row] = await pool.read<{ ranks: number[] | null }>(
    `select array_agg(rank order by id)::int[] as ranks from (
       select u.id, row_number() over (order by i.external_id collate "C", u.id) as rank
       from app_user u left join (select user_id, min(external_id collate "C") as external_id from user_identity group by user_id) i on i.user_id = u.id
     ) ranked where id = any($1::bigint[])`,
    [Array.from(userIds)],
  );
  return Float64Array.from(row?.ranks ?? []);
}
