import { copyOut, instant, integers } from "../store/copy.js";
import type { Transaction } from "../store/pool.js";
import type { BatchOfUsers } from "./batch.js";
import type { StoredState } from "./difference.js";
import type { TagCatalogue } from "./tag.loader.js";

/** Where computed assignments come from, as their `source` says. */
export const COMPUTED_SOURCE = "computed";

/**
 * What is stored of a batch of users' computed tags, in three reads. Numbers are read of those alone who stand at `asOf` already: a row
 * that stands elsewhere is written anew whatever its numbers, for the instant is part of it. Where a METRIC tag is not LIVE they are read
 * of all, since it keeps its own.
 */
export async function readStored(
  { client }: Transaction,
  batch: BatchOfUsers,
  { tags }: TagCatalogue,
  asOf: Date,
): Promise<StoredState> {
  const users = batch.userIds.length;
  const asOfs = new Float64Array(users).fill(Number.NaN);
  const stages = new Array<string | null>(users).fill(null);
  const numbers = new Map<number, Float64Array>();
  const keepsNumbers = tags.some(({ slot, updateMode }) => slot !== null && updateMode !== "LIVE");
  await copyOut(
    client,
    `select user_id, as_of, case when ${keepsNumbers ? "true" : `as_of = ${instant(asOf)}`} then numbers end from user_metric where ${batch.condition("user_id")}`,
    (row) => {
      const place = batch.placeOf(row.int8(0));
      if (place < 0) return;
      asOfs[place] = row.epochMs(1);
      if (row.isNull(2)) return;
      // A row from before the last tag was made has fewer numbers; it is told apart by its length.
      const line = new Float64Array(row.count(2));
      row.float8s(2, line, 0);
      numbers.set(place, line);
    },
  );
  await copyOut(client, `select id, lifecycle_stage from app_user where ${batch.condition("id")}`, (row) => {
    const place = batch.placeOf(row.int8(0));
    if (place >= 0) stages[place] = row.text(1);
  });
  const assignments: StoredState["assignments"] = {
    places: [],
    tagIds: [],
    sinces: [],
    isComputed: [],
    evidences: [],
    texts: [],
  };
  const computed = tags.filter(({ kind }) => kind === "RULE" || kind === "DECLINE");
  await copyOut(
    client,
    `select user_id, tag_id, since, source = '${COMPUTED_SOURCE}', evidence::text, text_value from user_tag
     where ${batch.condition("user_id")} and tag_id = any(${integers(computed.map(({ id }) => id))})`,
    (row) => {
      const place = batch.placeOf(row.int8(0));
      if (place < 0) return;
      assignments.places.push(place);
      assignments.tagIds.push(row.int4(1));
      assignments.sinces.push(row.epochMs(2));
      assignments.isComputed.push(row.bool(3));
      assignments.evidences.push(row.text(4));
      assignments.texts.push(row.text(5));
    },
  );
  return { asOfs, stages, numbers, assignments };
}
