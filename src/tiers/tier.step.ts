import { CHANGE_COLUMNS, changeHead } from "../people/change.step.js";
import { numberArray, textArray } from "../store/arrays.js";
import type { Session, Transaction } from "../store/pool.js";
import { NOBODY_RULED, type RuledUsers } from "./tier-rule.js";
import type { SchemeTier } from "./tier-scheme.entity.js";
import { DEFAULT_CUTS, DEFAULT_TIERS } from "./tier-scheme.js";
import { type TierSchemeRow, tierSchemes } from "./tier-scheme.loader.js";

/** Puts the scheme `default` into a store that has none; a company's changes to it are kept. */
export async function seedTierSchemes(session: Session): Promise<void> {
  await session.run(
    `insert into tier_scheme (key, method, cuts, tiers, follows_definition, updated_at) values ('default', 'FIXED', $1, $2, true, clock_timestamp()) on conflict (key) do nothing`,
    [DEFAULT_CUTS, JSON.stringify(DEFAULT_TIERS)],
  );
}

/** Finds for whom rules of a scheme hold: of the given users, or of everybody. What rules ask is known in a later room, which gives this. */
export type FindRuled = (
  tx: Transaction,
  scheme: Pick<TierSchemeRow, "key" | "rules" | "department">,
  userIds: readonly string[] | null,
  asOf: Date,
) => Promise<RuledUsers>;

/**
 * Brings the given users' tiers, under every scheme, to where its rules put them, and else their scores under the default churn
 * definition.
 */
export async function assignTiers(tx: Transaction, userIds: readonly string[], asOf: Date, findRuled: FindRuled): Promise<void> {
  for (const scheme of await tierSchemes(tx))
    await moveUsers(tx, scheme, userIds, asOf, await findRuled(tx, scheme, userIds, asOf));
}

type TierFollower = (transaction: Transaction, schemeId: number) => Promise<void>;
const followers: TierFollower[] = [];

/** What a later room keeps of everybody's tiers follows here, last in the transaction that moved everybody under a scheme. */
export function registerTierFollower(follow: TierFollower): void {
  followers.push(follow);
}

/** Moves everybody under a scheme that was saved. */
export async function moveEverybody(
  tx: Transaction,
  scheme: TierSchemeRow,
  asOf: Date,
  findRuled: FindRuled,
): Promise<TierMove[]> {
  const moved = await moveUsers(tx, scheme, null, asOf, await findRuled(tx, scheme, null, asOf));
  for (const follow of followers) await follow(tx, scheme.id);
  return moved;
}

export interface TierMove {
  /** Null: had none. */
  readonly from: string | null;
  /** Null: has none any more, for want of a score. */
  readonly to: string | null;
  readonly count: number;
}

/** Moves the given users, or everybody, to the tier of the rule that holds for them, else of their score, and says how many went where. Writes the difference only. */
export async function moveUsers(
  tx: Transaction,
  scheme: Pick<TierSchemeRow, "id" | "cuts" | "tiers" | "hysteresis">,
  userIds: readonly string[] | null,
  asOf: Date,
  ruled: RuledUsers = NOBODY_RULED,
): Promise<TierMove[]> {
  const keys = scheme.tiers.map(({ key }: SchemeTier) => key);
  const rules = [numberArray(ruled.userIds.map(Number)), textArray(ruled.tiers), textArray(ruled.reasons)];
  const values = [scheme.id, scheme.cuts, keys, asOf, scheme.hysteresis, ...rules, ...(userIds ? [userIds] : [])];
  // One statement, since the difference is what costs: asked for by every write anew it took five times as long. All parts see what stood
  // before. Brought to one day twice, the day's row of the history is the later answer, and what stood before that day stays the previous one.
  const counted = await tx.read<{ from: string | null; to: string | null; count: string }>(
    `with moves as materialized (${differences(userIds !== null)}),
       ${userIds === null ? MARKED : ""}
       told as (
         insert into change (${CHANGE_COLUMNS})
         select ${changeHead("RiskTierChange", "moves.user_id")}, $4::timestamptz, user_id, $1::int, to_jsonb(held), to_jsonb(tier), reason from moves
       ), kept as (
         insert into tier_history (user_id, scheme_id, since, tier, reason) select user_id, $1::int, $4::timestamptz, tier, reason from moves
         on conflict (user_id, scheme_id, since) do update set tier = excluded.tier, reason = excluded.reason
       ), placed as (
         insert into user_tier (user_id, scheme_id, tier, since, previous, reason)
         select user_id, $1::int, tier, $4::timestamptz, previous, reason from moves where tier is not null
         on conflict (user_id, scheme_id) do update
           set tier = excluded.tier, since = excluded.since, previous = excluded.previous, reason = excluded.reason
       ), gone as (
         delete from user_tier t using moves where moves.tier is null and t.user_id = moves.user_id and t.scheme_id = $1
       )
     select held as "from", tier as "to", count(*) from moves group by 1, 2 order by 1, 2`,
    values,
  );
  return counted.map(({ from, to, count }) => ({ from, to, count: Number(count) }));
}

/** Moved by a change of the scheme, users have to be looked at by what follows tiers; in a batch of the pipeline they are. */
const MARKED = `marked as (
  insert into user_change (user_id, marked_at) select user_id, $4::timestamptz from moves order by user_id on conflict (user_id) do nothing
),`;

/**
 * Users whose tier is not that of their score. $1 scheme, $2 cuts, $3 keys of the tiers, $4 asOf, $5 hysteresis, $6 to $8 whom a rule
 * holds for, its tier and its reason, $9 users. A tier's
 * interval is [from, to), which is width_bucket's own rule. Whoever stands in a tier leaves it downwards only as far as the score and
 * the hysteresis together fall: up at the cut, down below it, so that a score that wavers about a cut does not move its user. Numbers
 * are shown truncated, so that a score never reads as above its cut when it lies below.
 */
function differences(bounded: boolean): string {
  const shown = (number: string) => `trim_scale(trunc((${number})::numeric, 4))::text`;
  const cuts = "$2::double precision[]";
  const hysteresis = "$5::double precision";
  // Where a user stood before this instant, however often the instant is computed.
  const before = (row: string) => `case when ${row}.since = $4::timestamptz then ${row}.previous else ${row}.tier end`;
  return `
    select coalesce(n.user_id, t.user_id) as user_id, n.tier, t.tier as held,
      ${before("t")} as previous,
      case when n.tier is null then 'no score any more: not eligible under the churn definition'
           when n.rule is not null then n.rule
           when n.kept > n.place then 'score ' || ${shown("n.probability")} || ' is less than ' || ${shown(hysteresis)} || ' below ' || ${shown(`(${cuts})[n.kept]`)}
           when n.place = 0 then 'score ' || ${shown("n.probability")} || ' is below ' || ${shown(`(${cuts})[1]`)}
           else 'score ' || ${shown("n.probability")} || ' is at or above ' || ${shown(`(${cuts})[n.place]`)} end as reason
    from (select p.user_id, p.probability, p.place, p.kept, r.reason as rule, coalesce(r.tier, ($3::text[])[1 + p.kept]) as tier
          from (select s.user_id, s.probability, width_bucket(s.probability, ${cuts}) as place,
                       greatest(width_bucket(s.probability, ${cuts}),
                         least(coalesce(array_position($3::text[], ${before("h")}) - 1, 0), width_bucket(s.probability + ${hysteresis}, ${cuts}))) as kept
                from churn_score s join churn_definition d on d.id = s.definition_id and d.is_default
                left join user_tier h on h.user_id = s.user_id and h.scheme_id = $1 ${bounded ? "and h.user_id = any($9)" : ""}
                ${bounded ? "where s.user_id = any($9)" : ""}) p
          left join unnest($6::bigint[], $7::text[], $8::text[]) as r (user_id, tier, reason) on r.user_id = p.user_id) n
    full join (select user_id, tier, since, previous from user_tier where scheme_id = $1 ${bounded ? "and user_id = any($9)" : ""}) t
      on t.user_id = n.user_id
    where n.tier is distinct from t.tier`;
}
