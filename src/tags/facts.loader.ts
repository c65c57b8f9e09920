import { numberArray } from "../store/arrays.js";
import type { Session } from "../store/pool.js";
import { emptyFacts, type Facts, type Needs, needsFacts, type Stretch } from "./facts.js";
import type { Histories } from "./history.js";

/**
 * The histories with what a program needs to know of their users beside events: at most three statements, none where it needs nothing. What
 * people and systems gave is read with its history, attributes and the channel as they are now.
 */
export async function withFacts(session: Session, histories: Histories, needs: Needs): Promise<Histories> {
  if (!needsFacts(needs)) return histories;
  const userIds = numberArray(Array.from(histories.userIds, String));
  const placeOf = new Map(Array.from(histories.userIds, (id, place) => [id, place]));
  const known = await readKnown(session, userIds, placeOf, needs);
  return {
    ...histories,
    facts: {
      ...emptyFacts(),
      ...known,
      given: await readGiven(session, userIds, placeOf, needs),
      categoryNames: await readNames(session, histories, needs),
    },
  };
}

async function readKnown(
  session: Session,
  userIds: string,
  placeOf: ReadonlyMap<number, number>,
  { attributes, channel }: Needs,
): Promise<Pick<Facts, "attributes" | "channels">> {
  const columns = attributes.map(() => new Array<unknown>(placeOf.size).fill(null));
  const channels = new Array<string | null>(channel ? placeOf.size : 0).fill(null);
  if (channel || attributes.length > 0) {
    const rows = await session.read<{ id: string; channel: string | null; values: unknown[] | null }>(
      `select u.id, u.channel, (select json_agg(u.attributes -> n.name order by n.place) from unnest($2::text[]) with ordinality as n (name, place)) as values
       from app_user u where u.id = any($1::bigint[])`,
      [userIds, attributes],
    );
    for (const row of rows) {
      const place = placeOf.get(Number(row.id))!;
      if (channel) channels[place] = row.channel;
      for (const [attribute, values] of columns.entries()) values[place] = row.values?.[attribute] ?? null;
    }
  }
  return { attributes: new Map(attributes.map((name, attribute) => [name, columns[attribute]!])), channels };
}

async function readGiven(
  session: Session,
  userIds: string,
  placeOf: ReadonlyMap<number, number>,
  { given }: Needs,
): Promise<Facts["given"]> {
  const found = new Map<string, (Stretch[] | undefined)[]>();
  if (given.length === 0) return found;
  const rows = await session.read<{
    userId: string;
    key: string;
    number: number | null;
    text: string | null;
    since: number;
    until: number | null;
  }>(
    `with chosen as (select id, key from tag where key = any($2::text[])), held as (
       select user_id, tag_id, number_value, text_value, since, expires_at as until from user_tag
       where user_id = any($1::bigint[]) and tag_id in (select id from chosen)
       union all
       select user_id, tag_id, number_value, text_value, since, until from user_tag_history
       where user_id = any($1::bigint[]) and tag_id in (select id from chosen)
     )
     select h.user_id as "userId", c.key, h.number_value as number, h.text_value as text,
       (extract(epoch from h.since) * 1000)::float8 as since, (extract(epoch from h.until) * 1000)::float8 as until
     from held h join chosen c on c.id = h.tag_id order by h.user_id, h.since`,
    [userIds, given],
  );
  for (const { userId, key, number, text, since, until } of rows) {
    const byUser = found.get(key) ?? new Array<Stretch[] | undefined>(placeOf.size).fill(undefined);
    found.set(key, byUser);
    const place = placeOf.get(Number(userId))!;
    const stretch: Stretch = { since, until: until ?? Number.POSITIVE_INFINITY, value: number ?? text ?? true };
    byUser[place] = [...(byUser[place] ?? []), stretch];
  }
  return found;
}

async function readNames(session: Session, { categories }: Histories, needs: Needs): Promise<Facts["categoryNames"]> {
  const ids = needs.categories ? distinct(categories) : [];
  if (ids.length === 0) return new Map();
  const rows = await session.read<{ id: number; key: string }>("select id, key from category where id = any($1::int[])", [
    numberArray(ids),
  ]);
  return new Map(rows.map(({ id, key }) => [id, key]));
}

/** A set would be asked for every event of every user; ids are small numbers. */
function distinct(ids: Int32Array): number[] {
  let largest = 0;
  for (let place = 0; place < ids.length; place++) largest = Math.max(largest, ids[place]!);
  const isThere = new Uint8Array(largest + 1);
  for (let place = 0; place < ids.length; place++) isThere[ids[place]!] = 1;
  return [...isThere.keys()].filter((id) => isThere[id] === 1);
}
