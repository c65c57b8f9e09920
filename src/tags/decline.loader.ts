import { perRequest, type RequestContext } from "../request.js";
import { frequencyBand, type Peers, peersOf, ratiosByBand } from "./decline-evidence.js";
import { compile } from "./evaluate.js";
import { withFacts } from "./facts.loader.js";
import type { Histories } from "./history.js";
import { readHistories } from "./history.loader.js";
import type { TagRow } from "./tag.loader.js";
import { historyAt } from "./tag-state.loader.js";

/** Of a larger population so many stand for all: chosen by a hash of the user, so that every request finds the same. */
const PEER_USERS = 20_000;

/** How users of like frequency fared between the same two windows; null where the tag's definition does not say by what they are alike. */
export async function peersOfDecline(
  context: RequestContext,
  { userId, tag, ratio, asOf }: { userId: string; tag: TagRow; ratio: number | null; asOf: Date },
): Promise<Peers | null> {
  const decline = tag.definition?.decline;
  if (!decline?.peersBy || ratio === null) return null;
  const { histories, place, library } = await historyAt(context, asOf).load(userId);
  const { definitions } = library.catalogue;
  const peersBy = compile([decline.peersBy], library.types, definitions);
  const complete = await withFacts(context.store.pool, histories, peersBy.needs);
  const frequency = peersBy(complete, asOf.getTime())[0]![place]!;
  const band = frequencyBand(frequency);
  if (band === undefined) return null;
  const sample = await sampleAt(context, asOf);
  const key = `${tag.key} ${asOf.getTime()}`;
  const known = ratiosOfRequest(context);
  let ratios = known.get(key);
  if (!ratios) {
    const program = compile([decline.current, decline.baseline, decline.peersBy], library.types, definitions);
    const [current, baseline, frequencies] = program(await withFacts(context.store.pool, sample, program.needs), asOf.getTime());
    ratios = ratiosByBand(current!, baseline!, frequencies!);
    known.set(key, ratios);
  }
  const peers = ratios.get(band);
  return peers ? peersOf(peers, band, ratio) : null;
}

const ratiosOfRequest = perRequest(() => new Map<string, Map<number, Float64Array>>());
const samplesOfRequest = perRequest(() => new Map<number, Promise<Histories>>());

/** Two statements, once for a request and instant. */
function sampleAt(context: RequestContext, asOf: Date): Promise<Histories> {
  const known = samplesOfRequest(context);
  let sample = known.get(asOf.getTime());
  if (!sample) {
    sample = context.store.pool.transaction(async (transaction) => {
      const rows = await transaction.read<{ id: string }>(
        `select id from app_user where first_seen_at < $1 order by hashint8(id), id limit ${PEER_USERS}`,
        [asOf],
      );
      return readHistories(
        transaction,
        rows.map(({ id }) => id),
        asOf,
      );
    });
    known.set(asOf.getTime(), sample);
  }
  return sample;
}
