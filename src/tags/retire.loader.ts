import type { RequestContext } from "../request.js";
import { findDependants } from "./dependant.js";
import type { RetireReasonKind } from "./retire.js";
import { catalogueOf, type TagRow } from "./tag.loader.js";

export interface RetireReason {
  readonly kind: RetireReasonKind;
  readonly sentence: string;
  /** The tag that says the same. */
  readonly sameAs: TagRow | null;
}

export interface RetireProposal {
  readonly tag: TagRow;
  readonly reasons: readonly RetireReason[];
}

/** Two tags are held by the same users when so many of those who hold either hold both. */
const LEAST_JACCARD = 0.98;
/** Of fewer holders nothing is concluded: one user with two tags is no duplicate. */
const FEWEST_HOLDERS = 10;

/** Tags in use that nobody would miss, each with its reasons. A few statements, whatever the number of tags and users. */
export async function tagsToRetire(context: RequestContext, withBuiltIn: boolean): Promise<RetireProposal[]> {
  const { tags } = await catalogueOf(context)();
  const inUse = tags.filter(({ state }) => state === "ACTIVE" || state === "DEPRECATED");
  // A generated decline comes and goes with its metric.
  const judged = inUse.filter(({ builtIn, generatedFrom }) => (withBuiltIn || !builtIn) && generatedFrom === null);
  const generated = new Set(tags.filter(({ generatedFrom }) => generatedFrom !== null).map(({ key }) => key));
  if (judged.length === 0) return [];
  const [dependants, spreads, twins] = await Promise.all([
    findDependants(
      context,
      judged.map(({ key }) => key),
    ),
    readSpreads(context, judged),
    readTwins(context, inUse),
  ]);
  return judged.flatMap((tag, place) => {
    const reasons: RetireReason[] = [];
    if (dependants[place]!.every(({ __typename, key }) => __typename === "Tag" && generated.has(key)))
      reasons.push({ kind: "UNUSED", sentence: "No tag, segment or serving model is made from it.", sameAs: null });
    const spread = spreads.get(tag.id);
    if (spread) reasons.push(...judgeSpread(spread));
    for (const twin of [...sameDefinition(tag, inUse), ...(twins.get(tag.id) ?? [])])
      if (isLater(tag, twin.sameAs)) reasons.push({ kind: "DUPLICATE", ...twin });
    return reasons.length === 0 ? [] : [{ tag, reasons }];
  });
}

/** Of two tags that say the same the later one goes, and one that was made before one that ships with Tidemark. */
function isLater(tag: TagRow, other: TagRow): boolean {
  return tag.builtIn === other.builtIn ? tag.id > other.id : other.builtIn;
}

interface Spread {
  readonly tagId: number;
  /** How many have it, of how many. */
  readonly holders: number;
  readonly users: number;
  readonly least: string | null;
  readonly greatest: string | null;
}

function judgeSpread({ holders, users, least, greatest }: Spread): RetireReason[] {
  if (users === 0) return [];
  if (holders === 0) return [{ kind: "EMPTY", sentence: `None of ${users} users has it.`, sameAs: null }];
  if (holders < users || users < FEWEST_HOLDERS || least !== greatest) return [];
  const value = least === null ? "" : `, and always as ${least}`;
  return [
    { kind: "CONSTANT", sentence: `Every one of ${users} users has it${value}, so that it tells nobody apart.`, sameAs: null },
  ];
}

async function readSpreads({ store: { pool }, now }: RequestContext, tags: readonly TagRow[]): Promise<Map<number, Spread>> {
  const metrics = tags.filter(({ kind, slot }) => kind === "METRIC" && slot !== null);
  const column = (write: (number: string) => string) => metrics.map(({ slot }) => write(`m.numbers[${slot! + 1}]`)).join(", ");
  const [held, { rows }] = await Promise.all([
    pool.read<Spread>(
      `select g.id as "tagId", count(t.user_id)::int as holders, (select count(*)::int from app_user where first_seen_at < $2) as users,
         min(coalesce(t.text_value, t.number_value::text)) as least, max(coalesce(t.text_value, t.number_value::text)) as greatest
       from unnest($1::int[]) as g (id)
       left join user_tag t on t.tag_id = g.id and (t.expires_at is null or t.expires_at > $2)
         and exists (select from app_user u where u.id = t.user_id and u.first_seen_at < $2)
       group by g.id`,
      [tags.filter((tag) => !metrics.includes(tag)).map(({ id }) => id), now],
    ),
    pool.run<{ users: number; holders: number[]; least: (number | null)[]; greatest: (number | null)[] }>(
      `select count(*)::int as users, array[${column((number) => `count(${number})`)}]::int[] as holders,
         array[${column((number) => `min(${number})`)}]::float8[] as least, array[${column((number) => `max(${number})`)}]::float8[] as greatest
       from app_user u left join user_metric m on m.user_id = u.id where u.first_seen_at < $1`,
      [now],
    ),
  ]);
  const { users, holders, least, greatest } = rows[0]!;
  const text = (number: number | null | undefined) => (number === null || number === undefined ? null : String(number));
  const measured = metrics.map(({ id }, place) => ({
    tagId: id,
    users,
    holders: holders[place]!,
    least: text(least[place]),
    greatest: text(greatest[place]),
  }));
  return new Map([...held, ...measured].map((spread) => [spread.tagId, spread]));
}

type Twin = Pick<RetireReason, "sentence"> & { readonly sameAs: TagRow };

function sameDefinition(tag: TagRow, others: readonly TagRow[]): Twin[] {
  if (!tag.definition) return [];
  const expression = JSON.stringify(tag.definition.expression);
  return others
    .filter(({ id, definition }) => id !== tag.id && definition && JSON.stringify(definition.expression) === expression)
    .map((sameAs) => ({ sameAs, sentence: `It is defined as ${sameAs.key} is.` }));
}

/** Pairs of tags with nearly the same holders. Only pairs of nearly the same size are counted, which are few. */
async function readTwins({ store: { pool }, now }: RequestContext, tags: readonly TagRow[]): Promise<Map<number, Twin[]>> {
  const boolean = tags.filter(({ valueType, kind }) => valueType === "BOOLEAN" && kind !== "METRIC");
  const rows = await pool.read<{ a: number; b: number; jaccard: number }>(
    `with holder as not materialized (
       select tag_id, user_id from user_tag where tag_id = any($1::int[]) and (expires_at is null or expires_at > $2)
     ), size as materialized (
       select tag_id, count(*)::float8 as users from holder group by tag_id having count(*) >= $4
     ), pair as materialized (
       select a.tag_id as a, b.tag_id as b, a.users + b.users as users from size a join size b on a.tag_id < b.tag_id
       where least(a.users, b.users) >= $3 * greatest(a.users, b.users)
     ), shared as (
       select p.a, p.b, p.users, count(*)::float8 as both_hold
       from pair p join holder x on x.tag_id = p.a join holder y on y.tag_id = p.b and y.user_id = x.user_id group by p.a, p.b, p.users
     )
     select a, b, both_hold / (users - both_hold) as jaccard from shared where both_hold >= $3 * (users - both_hold)`,
    [boolean.map(({ id }) => id), now, LEAST_JACCARD, FEWEST_HOLDERS],
  );
  const byId = new Map(boolean.map((tag) => [tag.id, tag]));
  const found = new Map<number, Twin[]>();
  const add = (id: number, sameAs: TagRow, jaccard: number) => {
    const share = `${(Math.floor(jaccard * 1_000) / 10).toFixed(1)} per cent`;
    const sentence = `Of the users who have it or ${sameAs.key}, ${share} have both.`;
    found.set(id, [...(found.get(id) ?? []), { sameAs, sentence }]);
  };
  for (const { a, b, jaccard } of rows) {
    add(a, byId.get(b)!, jaccard);
    add(b, byId.get(a)!, jaccard);
  }
  return found;
}
