import { type Bound, boundNodesOf } from "./bind.js";
import { AHEAD, CHUNK_USERS, chunkOf, FROM_WORDS, NOBODY, POPULATION, placeOf, userAt, wordsOf } from "./bitmap.js";
import { type Bits, type Bounds, boundsOf } from "./bits.js";
import { compileCondition, type Instant, type Parameters, populationAt, setSource } from "./compile.js";

export interface MembersQuestion {
  /** Undefined: the whole population. */
  readonly wheres: readonly (Bound | undefined)[];
  readonly at: Instant;
  /** Of which expressions the leaves that no bits answer are read of everybody; of others, of those alone whom bits leave open. */
  readonly wide: ReadonlySet<number>;
  /** Whether users who are late are looked at by their rows: needless where nobody is. */
  readonly withLate: boolean;
  /** Who is late counts by expired tags of every kind, and not only of those in the expressions. */
  readonly allTags?: boolean;
}

/**
 * WITH, of users as bits, by chunk:
 * `late` (id) of whom bits do not count, because a writer touched their rows or a tag of theirs has expired since, and `late_mask`;
 * `base` (chunk, l0, o0, l1, o1 ...) of who certainly is in each population, and whom bits leave open, without those who are late;
 * `settled` (chunk, m0, m1 ...) of both once rows have decided; `rest` (id, s0, s1 ...) of what their rows say of those who are
 * late; `members` (chunk, m0, m1 ...) of all of them.
 */
export function withMembers(question: MembersQuestion, parameters: Parameters): string {
  const { wheres, withLate } = question;
  const parts = settledParts(question, parameters, true);
  if (!withLate) return `with ${parts.join(", ")}, members as not materialized (select * from settled)`;
  const columns = wheres.map((_, i) => `coalesce(m${i}, ${NOBODY}) | coalesce(r${i}, ${NOBODY}) as m${i}`).join(", ");
  return `with ${[...parts, ...restParts(question, parameters)].join(", ")},
    members as materialized (select chunk, ${columns} from settled full join rest_bits using (chunk))`;
}

/** WITH: no more than `base`, for `o0`, `o1` ... to be counted. */
export function withOpen(question: MembersQuestion, parameters: Parameters): string {
  return `with ${settledParts(question, parameters, false).join(", ")}`;
}

/** Whether bits alone answer the expression, but for users who are late. */
export function isExact(where: Bound | undefined, at: Instant): boolean {
  const { least, most } = boundsAt(where, at, false);
  return least === most;
}

/** @param whole with every leaf that no bits answer as a set of its own */
function boundsAt(where: Bound | undefined, at: Instant, whole: boolean): Bounds {
  const everybody: Bits = { kind: "everybody" };
  if (where === undefined) return { least: everybody, most: everybody };
  return boundsOf(where, (leaf) => isListed(leaf, at) || (whole && isOpen(leaf)));
}

/** Users who are at hand as a list. */
function isListed(leaf: Bound, at: Instant): boolean {
  return leaf.kind === "ids" || at.evaluated.has(leaf);
}

function isOpen(node: Bound): boolean {
  if (node.kind === "all" || node.kind === "any" || node.kind === "not") return false;
  const { least, most } = boundsOf(node, () => false);
  return least !== most;
}

function settledParts(question: MembersQuestion, parameters: Parameters, withSettled: boolean): string[] {
  const { wheres, at, wide } = question;
  const text = new BitsText(parameters);
  const bounds = wheres.map((where, i) => boundsAt(where, at, wide.has(i)));
  const counted = `b0 & ~coalesce(late_mask.bits, ${NOBODY})`;
  const base = bounds.map(({ least, most }, i) => {
    const certain = `${text.of(least)} & ${counted} as l${i}`;
    return least === most ? certain : `${certain}, ${text.of(most)} & ~${text.of(least)} & ${counted} as o${i}`;
  });
  const atOnce = text.takeSets();
  const open = bounds.flatMap(({ least, most }, i) => (least === most ? [] : [`o${i}`]));
  const settled = wheres.map((where, i) =>
    open.includes(`o${i}`) ? `l${i} | (${text.of(boundsAt(where, at, true).least)} & o${i}) as m${i}` : `l${i} as m${i}`,
  );
  const later = text.takeSets();
  const setParts = (sets: ReadonlyMap<Bound, string>, among?: string) =>
    [...sets].map(
      ([leaf, name]) =>
        `${name} as materialized (${bitsByChunk(setSource(leaf, { at, ...(among === undefined ? {} : { among }) }, parameters))})`,
    );
  const joins = (...sets: ReadonlyMap<Bound, string>[]) =>
    sets.flatMap((each) => [...each.values()].map((name) => ` left join ${name} using (chunk)`)).join("");
  const parts = [
    text.stored(),
    ...lateParts(question, parameters),
    ...setParts(atOnce),
    `base as materialized (select chunk, ${base.join(", ")} from stored left join late_mask using (chunk)${joins(atOnce)})`,
  ];
  if (!withSettled) return parts;
  if (open.length > 0)
    parts.push(
      `open as materialized (select coalesce(array_agg(id), '{}')::bigint[] as ids from (${usersOf(`select chunk, ${open.join(" | ")} as bits from base`)}) as x)`,
      ...setParts(later, "(select ids from open)::bigint[]"),
    );
  const from = `base${open.length > 0 ? " join stored using (chunk)" : ""}${joins(...(open.length > 0 ? [atOnce, later] : []))}`;
  parts.push(`settled as materialized (select chunk, ${settled.join(", ")} from ${from})`);
  return parts;
}

/** Writes bits as SQL, and remembers the leaves and sets that it named. */
class BitsText {
  // One column for each group of leaves of which any will do, which the scan itself joins.
  private readonly columns = new Map<string, string>([
    [POPULATION, "b0"],
    [AHEAD, "ahead"],
  ]);
  private readonly known = new Map<Bound, string>();
  private fresh = new Map<Bound, string>();

  constructor(private readonly parameters: Parameters) {}

  of(bits: Bits): string {
    switch (bits.kind) {
      case "everybody":
        return `(~${NOBODY})`;
      case "nobody":
        return NOBODY;
      case "leaf":
        return this.column([bits.leaf]);
      case "set":
        return `coalesce(${this.set(bits.of)}.bits, ${NOBODY})`;
      case "not":
        return `(~${this.of(bits.of)})`;
      case "and":
        return `(${bits.of.map((each) => this.of(each)).join(" & ")})`;
      case "or": {
        const leaves = bits.of.flatMap((each) => (each.kind === "leaf" ? [each.leaf] : [])).sort();
        const others = bits.of.filter((each) => each.kind !== "leaf").map((each) => this.of(each));
        return `(${[...(leaves.length > 0 ? [this.column(leaves)] : []), ...others].join(" | ")})`;
      }
    }
  }

  /** The sets that were named since the last time, with their names. */
  takeSets(): ReadonlyMap<Bound, string> {
    const taken = this.fresh;
    this.fresh = new Map();
    return taken;
  }

  /** WITH: `stored` (chunk and the columns), one scan of all leaves: joining them one by one plans three times as long as it runs. */
  stored(): string {
    const { parameters } = this;
    const named = [...this.columns].map(([leaves, name]) => [leaves.split("\0"), name] as const);
    const all = parameters.add([...new Set(named.flatMap(([leaves]) => leaves))], "text[]");
    const isOne = (leaves: readonly string[]) =>
      leaves.length === 1 ? `leaf = ${parameters.add(leaves[0], "text")}` : `leaf = any (${parameters.add(leaves, "text[]")})`;
    const read = named.map(([leaves, name]) => `coalesce(bit_or(bits) filter (where ${isOne(leaves)}), ${NOBODY}) as ${name}`);
    return `stored as materialized (select chunk, ${read.join(", ")} from user_bitmap where leaf = any (${all}) group by chunk)`;
  }

  private column(leaves: readonly string[]): string {
    const key = leaves.join("\0");
    const name = this.columns.get(key) ?? `b${this.columns.size}`;
    this.columns.set(key, name);
    return name;
  }

  private set(leaf: Bound): string {
    let name = this.known.get(leaf);
    if (name === undefined) {
      name = `e${this.known.size}`;
      this.known.set(leaf, name);
      this.fresh.set(leaf, name);
    }
    return name;
  }
}

function lateParts({ wheres, at, allTags }: MembersQuestion, parameters: Parameters): string[] {
  const asOf = parameters.asOf(at);
  const tagIds = wheres.flatMap((where) => (where ? [...boundNodesOf(where)] : [])).flatMap(tagsIn);
  const tags = allTags ? "" : ` and t.tag_id = any (${parameters.add([...new Set(tagIds)], "int[]")})`;
  return [
    `late as materialized (
       select user_id as id from user_stale
       union select t.user_id from user_tag t where t.expires_at <= ${asOf}${tags}
       union ${usersOf("select chunk, ahead as bits from stored")})`,
    `late_mask as materialized (${bitsByChunk("select id from late")})`,
  ];
}

function tagsIn(node: Bound): readonly number[] {
  return node.kind === "tag" ? [node.tag.id] : node.kind === "decline" ? node.tagIds : [];
}

function restParts({ wheres, at }: MembersQuestion, parameters: Parameters): string[] {
  const among = "(select ids from asked)::bigint[]";
  const flags = wheres.map(
    (where, i) => `${where === undefined ? "true" : compileCondition(where, { at, among }, parameters)} as s${i}`,
  );
  const lists = wheres.map((_, i) => `bit_or(set_bit(${NOBODY}, ${placeOf("id")}, 1)) filter (where s${i}) as r${i}`);
  return [
    "asked as materialized (select coalesce(array_agg(id), '{}')::bigint[] as ids from late)",
    `rest as materialized (select u.id, ${flags.join(", ")} from app_user u where u.id = any (${among}) and ${populationAt(at, parameters)})`,
    `rest_bits as materialized (select ${chunkOf("id")} as chunk, ${lists.join(", ")} from rest group by 1)`,
  ];
}

/** SELECT (chunk, bits) of the users in a SELECT of ids. */
function bitsByChunk(ids: string): string {
  return `select chunk, ${FROM_WORDS} as bits from (select ${wordsOf("id")} from (${ids}) as i group by 1, 2) as n group by chunk`;
}

/**
 * SELECT (id) of the users in a SELECT of (chunk, bits). Words and bytes of nobody are passed over, so that few among many are found
 * in milliseconds. Each OFFSET 0 keeps the planner from working the same out anew for every bit.
 */
export function usersOf(bits: string): string {
  const words = `select c.chunk, g.w, substring(c.bits from g.w * 64 + 1 for 64)::bit(64)::bigint as word
    from (${bits}) as c cross join lateral generate_series(0, ${CHUNK_USERS / 64 - 1}) as g (w) where c.bits <> ${NOBODY} offset 0`;
  const bytes = `select n.chunk, n.w * 64 + y.y * 8 as first, (n.word >> (56 - y.y * 8)) & 255 as byte
    from (${words}) as n cross join lateral generate_series(0, 7) as y (y) where n.word <> 0 offset 0`;
  return `select ${userAt("b.chunk", "b.first + p.p")} as id from (${bytes}) as b cross join lateral generate_series(0, 7) as p (p) where b.byte <> 0 and (b.byte >> (7 - p.p)) & 1 = 1`;
}
