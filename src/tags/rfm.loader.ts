import { eventTypes } from "../events/event-type.loader.js";
import { perRequest, type RequestContext } from "../request.js";
import type { Session } from "../store/pool.js";
import { readSetting } from "../store/setting.js";
import { compile } from "./evaluate.js";
import { AMOUNT_UNITS } from "./history.js";
import { streamHistories } from "./history.loader.js";
import type { RfmColumns, RfmThresholds } from "./rfm.js";
import { tagCatalogue } from "./tag.loader.js";

/** The METRIC tags that hold the three values: of transactions, or of activity where the store has no transaction at all. */
export const RFM_TAGS = {
  transactions: { recency: "days_since_last_order", frequency: "orders_total", monetary: "amount_total" },
  activity: { recency: "days_since_last_event", frequency: "events_total", monetary: "events_total" },
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

export const rfmState = perRequest(({ store }) => {
  let promise: Promise<RfmState> | undefined;
  return () => {
    promise ??= readSetting(store.pool, "rfm").then(async (setting) =>
      setting ? { basis: setting.basis, thresholds: setting } : { basis: await rfmBasis(store.pool), thresholds: null },
    );
    return promise;
  };
});

/** The whole population's values at an instant, from the events; once for a request. */
export function rfmColumnsAt(context: RequestContext, asOf: Date): Promise<RfmColumns> {
  const known = columnsByInstant(context);
  let promise = known.get(asOf.getTime());
  if (!promise) {
    promise = readColumns(context, asOf);
    known.set(asOf.getTime(), promise);
  }
  return promise;
}

const columnsByInstant = perRequest(() => new Map<number, Promise<RfmColumns>>());

async function readColumns({ store }: RequestContext, asOf: Date): Promise<RfmColumns> {
  const { pool } = store;
  const tags = RFM_TAGS[await rfmBasis(pool)];
  const { definitions } = await tagCatalogue(pool);
  const program = compile(
    [{ tag: tags.recency }, { tag: tags.frequency }, { tag: tags.monetary }],
    await eventTypes(pool),
    definitions,
  );
  const columns = { recency: [] as number[], frequency: [] as number[], monetaryUnits: [] as number[] };
  for await (const histories of streamHistories(pool, { before: asOf })) {
    const [recency, frequency, monetary] = program(histories, asOf.getTime());
    for (let user = 0; user < histories.userIds.length; user++) {
      if (frequency![user] === 0) continue;
      columns.recency.push(recency![user]!);
      columns.frequency.push(frequency![user]!);
      // The engine divided whole units; this takes it back exactly.
      columns.monetaryUnits.push(Math.round(monetary![user]! * AMOUNT_UNITS));
    }
  }
  return {
    recency: Float64Array.from(columns.recency),
    frequency: Float64Array.from(columns.frequency),
    monetaryUnits: Float64Array.from(columns.monetaryUnits),
  };
}
