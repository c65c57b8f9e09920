import type { ChangeKind } from "../people/change.entity.js";
import { CHANGE_COLUMNS, changeHead } from "../people/change.step.js";
import { contextOfWork, type RequestContext } from "../request.js";
import { numberArray, textArray } from "../store/arrays.js";
import type { Session, Transaction } from "../store/pool.js";
import { settingsOf } from "../store/setting.js";
import { readHistories } from "../tags/history.loader.js";
import { isEvaluated } from "./compile.js";
import { evaluate } from "./evaluate.loader.js";
import { eventTruth } from "./event-truth.js";
import { decisive, holds, placesOf, type Truths } from "./formula.js";
import { layoutOf, type Plan, type PlannedSegment, planOf, sameButForRun } from "./plan.loader.js";
import type { SegmentRow } from "./segment.loader.js";
import type { FlippedCondition } from "./segment-member.entity.js";
import { tagDue } from "./tag-due.js";
import { tagTests } from "./tag-test.loader.js";
import { CONDITIONS_PER_STATEMENT, truthStatement } from "./truth.js";

/**
 * The pipeline's step: looks at the conditions of the saved segments for a batch of users and moves them in and out, each move with the
 * condition that flipped, in the history and in the feed of changes. LIVE segments always; those whose members are kept only for users
 * that their last run has not been brought to.
 */
export async function moveMembers(transaction: Transaction, userIds: readonly string[], asOf: Date): Promise<void> {
  const context = contextOfWork(transaction, asOf);
  const plan = await planOf(context);
  if (plan.segments.length === 0) {
    if ((await settingsOf(context).read()).segments) await forgetDue(transaction, userIds);
    return;
  }
  const layoutId = await layoutOf(transaction, plan);
  const before = await truthsBefore(transaction, plan, layoutId, userIds);
  const members = await membersAmong(transaction, userIds);
  const work: Work = { context, transaction, plan, before, members, truths: new Map(), due: new Map() };
  const held = plan.segments.filter(({ segment }) => segment.mode !== "LIVE");
  // Those whose members are kept come first: the others may ask who is in them.
  for (const each of held) {
    const waiting = each.segment.run > each.segment.ranRun ? userIds.filter((id) => !isAnswered(each, before.get(id))) : [];
    await look(work, [each], waiting);
  }
  const live = plan.segments.filter(({ segment }) => segment.mode === "LIVE");
  await look(work, live, userIds);
  // Whom nobody had to look at keeps the answers of before, in the layout of now.
  for (const [userId, { truths }] of before) if (!work.truths.has(userId)) work.truths.set(userId, [...truths]);
  await writeTruths(transaction, work, layoutId);
}

interface Before {
  /** In the plan's layout: what was found the last time, "?" where nobody has looked yet. */
  readonly truths: Truths;
  /** Whether that is of the plan's own conditions, runs included; undefined: of all. */
  readonly answered: readonly boolean[] | undefined;
}

interface Work {
  readonly context: RequestContext;
  readonly transaction: Transaction;
  readonly plan: Plan;
  readonly before: ReadonlyMap<string, Before>;
  /** Ids of the segments that each user is in. */
  readonly members: ReadonlyMap<string, ReadonlySet<number>>;
  /** As they are found, in the plan's layout. */
  readonly truths: Map<string, string[]>;
  /** Epoch ms. */
  readonly due: Map<string, number>;
}

function isAnswered({ formula }: PlannedSegment, before: Before | undefined): boolean {
  return before !== undefined && placesOf(formula).every((place) => before.answered?.[place] ?? true);
}

interface TruthRow {
  readonly id: string;
  readonly known: boolean;
  readonly truths: string;
  readonly due: Date | null;
}

/** Up to here planning costs more than running, so that the plan is kept: the text changes only when a segment does. */
const FEW_USERS = 500;

function runPrepared(session: Session, text: string, values: readonly unknown[]): Promise<TruthRow[]> {
  return session.read(text, values);
}

async function runOnce(session: Session, text: string, values: readonly unknown[]): Promise<TruthRow[]> {
  return (await session.run<TruthRow>(text, values)).rows;
}

/** Finds out what holds for the users now, and moves them. */
async function look(work: Work, segments: readonly PlannedSegment[], userIds: readonly string[]): Promise<void> {
  if (segments.length === 0 || userIds.length === 0) return;
  const { transaction, context, plan } = work;
  const places = [...new Set(segments.flatMap(({ formula }) => placesOf(formula)))];
  const isLive = segments[0]!.segment.mode === "LIVE";
  const inRows = places.filter((place) => plan.conditions[place]!.bound.kind !== "event");
  const known = await lookInRows(work, inRows, isLive, userIds);
  await lookInEvents(work, places, isLive, known);
  const moves = segments.flatMap((each) => movesOf(work, each, userIds, known));
  await leave(
    transaction,
    moves.filter(({ enters }) => !enters),
    context.now,
  );
  await enter(
    transaction,
    moves.filter(({ enters }) => enters),
    context.now,
  );
}

/** Conditions that SQL answers. Gives the users who belong to the population: none of the conditions holds for the others. */
async function lookInRows(
  work: Work,
  places: readonly number[],
  isLive: boolean,
  userIds: readonly string[],
): Promise<Set<string>> {
  const { transaction, context, plan } = work;
  const known = new Set<string>();
  // Else Postgres plans for the very users each time, which takes five times what is planned: 6.7 ms of 8.1 for 40 conditions of one user.
  if (userIds.length <= FEW_USERS) await transaction.read("set local plan_cache_mode to force_generic_plan");
  // Once even for none, to know who is there.
  for (let from = 0; from === 0 || from < places.length; from += CONDITIONS_PER_STATEMENT) {
    const some = places.slice(from, from + CONDITIONS_PER_STATEMENT);
    const conditions = some.map((place) => plan.conditions[place]!.bound);
    const leaves = conditions.filter((each) => isEvaluated(each, { past: false }));
    const at = { asOf: context.now, past: false, evaluated: await evaluate(context, leaves, context.now, userIds) };
    const { text, values } = truthStatement(conditions, isLive ? conditions : [], at, userIds);
    const rows = await (userIds.length > FEW_USERS ? runOnce : runPrepared)(transaction, text, values);
    for (const { id, known: isKnown, truths, due } of rows) {
      const own = truthsOf(work, id);
      for (const [i, place] of some.entries()) own[place] = isKnown ? truths[i]! : "0";
      if (isKnown) known.add(id);
      if (isLive && due) setDue(work, id, due.getTime());
    }
  }
  if (userIds.length <= FEW_USERS) await transaction.read("set local plan_cache_mode to auto");
  return known;
}

/** After every event: those that are dated ahead come into windows by themselves. */
const END_OF_TIME = new Date(Date.UTC(2200, 0, 1));

/** Everybody is brought to a new day each day; until then, and some time for it, flips are foreseen. */
const FORESEEN_MS = 26 * 3_600_000;

/** Conditions that the users' histories answer, and when those that SQL answered are going to flip by the tags they ask for. */
async function lookInEvents(work: Work, places: readonly number[], isLive: boolean, known: ReadonlySet<string>): Promise<void> {
  const { transaction, context, plan, truths } = work;
  const ofEvents = places.filter((place) => plan.conditions[place]!.bound.kind === "event");
  const tests = isLive
    ? await tagTests(
        transaction,
        places.map((place) => plan.conditions[place]!.bound),
      )
    : [];
  if (ofEvents.length + tests.length === 0) return;
  for (const own of truths.values()) for (const place of ofEvents) own[place] = "0";
  const ids = [...known].sort((a, b) => Number(a) - Number(b));
  const asOf = context.now.getTime();
  const histories = await readHistories(transaction, ids, END_OF_TIME);
  for (const place of ofEvents) {
    const { bound } = plan.conditions[place]!;
    if (bound.kind !== "event") continue;
    const { holds: answers, due } = eventTruth(bound, histories, asOf);
    for (const [user, id] of ids.entries()) truthsOf(work, id)[place] = answers[user] === 1 ? "1" : "0";
    if (isLive) setDueOf(work, ids, due);
  }
  for (const test of tests) setDueOf(work, ids, tagDue(test, histories, asOf, asOf + FORESEEN_MS));
}

function setDueOf(work: Work, ids: readonly string[], due: Float64Array): void {
  for (const [user, id] of ids.entries()) if (due[user] !== Number.POSITIVE_INFINITY) setDue(work, id, due[user]!);
}

/** A user's bits as far as they were found, the rest as it was. */
function truthsOf({ truths, before, plan }: Work, id: string): string[] {
  let own = truths.get(id);
  if (own === undefined) {
    own = [...(before.get(id)?.truths ?? "?".repeat(plan.conditions.length))];
    truths.set(id, own);
  }
  return own;
}

function setDue({ due }: Work, id: string, at: number): void {
  const earlier = due.get(id);
  if (earlier === undefined || at < earlier) due.set(id, at);
}

/** Everybody is looked at for the first time. Whoever is found in it did not change, and is not told as a change. */
function isMade({ ranRun }: SegmentRow): boolean {
  return ranRun === 0;
}

interface Move {
  readonly userId: string;
  readonly segmentId: number;
  readonly enters: boolean;
  readonly isTold: boolean;
  readonly reason: string;
  readonly conditions: readonly FlippedCondition[];
}

function movesOf(
  work: Work,
  { segment, formula }: PlannedSegment,
  userIds: readonly string[],
  known: ReadonlySet<string>,
): Move[] {
  const moves: Move[] = [];
  for (const userId of userIds) {
    // Who was erased or merged meanwhile has no row.
    const found = work.truths.get(userId);
    if (!found) continue;
    const truths = found.join("");
    const enters = known.has(userId) && holds(formula, truths);
    if (enters === (work.members.get(userId)?.has(segment.id) ?? false)) continue;
    moves.push({
      userId,
      segmentId: segment.id,
      enters,
      isTold: !isMade(segment),
      ...reasonOf(work, { segment, formula }, userId, truths),
    });
  }
  return moves;
}

/** Texts of conditions are shown to this length: a list of a thousand ids is no reason that anybody reads. */
const LONGEST_TEXT = 200;

function reasonOf(
  { before, plan }: Work,
  { segment, formula }: PlannedSegment,
  userId: string,
  truths: Truths,
): Pick<Move, "reason" | "conditions"> {
  if (isMade(segment)) return { reason: "the segment was made", conditions: [] };
  // Of somebody new nothing held before.
  const earlier = before.get(userId)?.truths ?? "0".repeat(truths.length);
  const conditions = decisive(formula, earlier, truths).map((place) => ({
    text: shortened(plan.conditions[place]!.text),
    holds: truths[place] === "1",
  }));
  if (conditions.length > 0)
    return {
      reason: conditions.map(({ text, holds: now }) => `${text} ${now ? "holds now" : "holds no more"}`).join("; "),
      conditions,
    };
  if (!before.has(userId)) return { reason: "the user is known from now on", conditions: [] };
  return { reason: `what the segment says was changed (revision ${segment.revision})`, conditions: [] };
}

function shortened(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 3)}...`;
}

/** Columns of moves for `unnest`. */
function columnsOf(moves: readonly Move[]): unknown[] {
  return [
    numberArray(moves.map(({ userId }) => userId)),
    numberArray(moves.map(({ segmentId }) => segmentId)),
    textArray(moves.map(({ reason }) => reason)),
    textArray(moves.map(({ conditions }) => JSON.stringify(conditions))),
    moves.map(({ isTold }) => isTold),
  ];
}
const MOVES =
  "unnest($2::bigint[], $3::int[], $4::text[], $5::text[], $6::boolean[]) as m (user_id, segment_id, reason, conditions, is_told)";

function told(kind: ChangeKind): string {
  return `insert into change (${CHANGE_COLUMNS})
    select ${changeHead(kind, "moved.user_id")}, $1, moved.user_id, moved.segment_id, null, moved.conditions::jsonb, moved.reason from moved where moved.is_told`;
}

async function enter(transaction: Transaction, moves: readonly Move[], asOf: Date): Promise<void> {
  if (moves.length === 0) return;
  await transaction.read(
    `with moved as materialized (select * from ${MOVES}), told as (${told("SegmentEntered")})
     insert into segment_member (user_id, segment_id, since, reason, conditions)
     select user_id, segment_id, $1, reason, conditions::jsonb from moved`,
    [asOf, ...columnsOf(moves)],
  );
}

/** A stay that ends at the instant at which it began leaves no trace but in the feed, where its beginning was told. */
async function leave(transaction: Transaction, moves: readonly Move[], asOf: Date): Promise<void> {
  if (moves.length === 0) return;
  await transaction.read(
    `with moved as materialized (select * from ${MOVES}), told as (${told("SegmentExited")}), ended as (
       delete from segment_member s using moved where s.user_id = moved.user_id and s.segment_id = moved.segment_id
       returning s.*, moved.reason as exit_reason, moved.conditions as exit_conditions
     )
     insert into segment_member_history (user_id, segment_id, since, until, reason, conditions, exit_reason, exit_conditions)
     select user_id, segment_id, since, $1, reason, conditions, exit_reason, exit_conditions::jsonb from ended where since < $1
     on conflict (user_id, segment_id, since) do update set until = excluded.until, exit_reason = excluded.exit_reason, exit_conditions = excluded.exit_conditions`,
    [asOf, ...columnsOf(moves)],
  );
}

/** Where there is nothing left to look at, nobody is due any more. */
async function forgetDue(transaction: Transaction, userIds: readonly string[]): Promise<void> {
  await transaction.read("update segment_truth set due_at = null where user_id = any($1::bigint[]) and due_at is not null", [
    numberArray(userIds),
  ]);
}

/** Only what is different. */
async function writeTruths(transaction: Transaction, { truths, due }: Work, layoutId: number): Promise<void> {
  const userIds = [...truths.keys()];
  await transaction.read(
    `insert into segment_truth as t (user_id, layout_id, truths, due_at)
     select user_id, $1, truths::varbit, due_at from unnest($2::bigint[], $3::text[], $4::timestamptz[]) as n (user_id, truths, due_at)
     on conflict (user_id) do update set layout_id = excluded.layout_id, truths = excluded.truths, due_at = excluded.due_at
     where (t.layout_id, t.truths, t.due_at) is distinct from (excluded.layout_id, excluded.truths, excluded.due_at)`,
    [
      layoutId,
      numberArray(userIds),
      // Of a run that a user was not there for nothing holds.
      textArray([...truths.values()].map((bits) => bits.join("").replaceAll("?", "0"))),
      textArray(userIds.map((id) => (due.has(id) ? new Date(due.get(id)!).toISOString() : null))),
    ],
  );
}

async function truthsBefore(
  session: Session,
  plan: Plan,
  layoutId: number,
  userIds: readonly string[],
): Promise<Map<string, Before>> {
  // Locked, for a user may be looked at by the pipeline and by a run at once.
  const rows = await session.read<{ userId: string; layoutId: number; truths: string }>(
    `select user_id as "userId", layout_id as "layoutId", truths from segment_truth where user_id = any($1::bigint[]) order by user_id for update`,
    [numberArray(userIds)],
  );
  const others = [...new Set(rows.map((row) => row.layoutId))].filter((id) => id !== layoutId);
  const layouts = others.length === 0 ? [] : await readLayouts(session, others);
  const readers = new Map(layouts.map(({ id, conditions }) => [id, readerOf(plan, conditions)]));
  const nobody = readerOf(plan, []);
  return new Map(
    rows.map((row) => {
      if (row.layoutId === layoutId) return [row.userId, { truths: row.truths, answered: undefined }] as const;
      return [row.userId, (readers.get(row.layoutId) ?? nobody)(row.truths)] as const;
    }),
  );
}

/** Reads bits of another layout as those of the plan. What an earlier run found tells what flips, but is no answer of this run. */
function readerOf({ conditions }: Plan, names: readonly string[]): (truths: string) => Before {
  const exact = new Map(names.map((name, place) => [name, place]));
  const similar = new Map(names.map((name, place) => [sameButForRun(name), place]));
  const answered = conditions.map(({ name }) => exact.has(name));
  const places = conditions.map(({ name }) => exact.get(name) ?? similar.get(sameButForRun(name)));
  return (truths) => ({ truths: places.map((place) => (place === undefined ? "?" : truths[place])).join(""), answered });
}

function readLayouts(session: Session, ids: readonly number[]): Promise<{ id: number; conditions: string[] }[]> {
  return session.read("select id, conditions from segment_layout where id = any($1::int[])", [ids]);
}

async function membersAmong(session: Session, userIds: readonly string[]): Promise<Map<string, Set<number>>> {
  const rows = await session.read<{ userId: string; segmentId: number }>(
    `select user_id as "userId", segment_id as "segmentId" from segment_member where user_id = any($1::bigint[])`,
    [numberArray(userIds)],
  );
  const members = new Map<string, Set<number>>();
  for (const { userId, segmentId } of rows) {
    const own = members.get(userId) ?? new Set();
    members.set(userId, own.add(segmentId));
  }
  return members;
}
