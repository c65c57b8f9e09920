import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { registerNode, toGlobalId } from "../node.js";
import { type Connection, decodeCursor, pageOf, pageSize, type UserError } from "../page.js";
import { changeRefusal, type GrantRight, mayChange, principalOf } from "../people/access.js";
import { COMPANY } from "../people/department.step.js";
import { GrantRightEnum } from "../people/grant.type.js";
import { share } from "../people/share.step.js";
import { registerThing } from "../people/thing.step.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { type Dependant, registerDependants } from "../tags/dependant.js";
import { type Bound, bindExpression, keptMembers } from "./bind.js";
import { catalogueFor, forgetSegments, parsed, segmentsOfRequest, shownSegments } from "./catalogue.loader.js";
import { nodesOf, parseExpression } from "./expression.js";
import { SegmentExpression } from "./expression.type.js";
import { formatExpression } from "./format.js";
import { countBySegment, usableSegments } from "./membership.loader.js";
import { countUsers, instantNow } from "./population.loader.js";
import { type Lent, nameOf } from "./rights.js";
import { bumpSegments, deleteSegment, plainExpression, type SegmentToSave, writeSegment } from "./save.step.js";
import { type SegmentRow, thingOfSegment } from "./segment.loader.js";
import {
  DeleteSegmentPayload,
  SaveSegmentInput,
  SaveSegmentPayload,
  Segment,
  SegmentConnection,
  SegmentEstimate,
  SegmentRevision,
} from "./segment.type.js";
import "./merge.step.js";
import { nextRun } from "../tags/update-mode.step.js";
import { BATCHES_IN_REQUEST, refreshSegment, runSegments } from "./run.step.js";
import { revisionsBySegment, type SegmentRevisionRow } from "./segment-revision.loader.js";
import { tagsAskedFor } from "./tags-asked.loader.js";
import { tellingOf } from "./telling.loader.js";

registerThing("SEGMENT", {
  table: "segment",
  rows: "select s.id, s.key, s.name, d.key as department, s.visibility, false as built_in from segment s join department d on d.id = s.department_id",
  changed: bumpSegments,
});

registerNode("Segment", async (context, ids) => {
  const byId = new Map((await shownSegments(context)).map((segment) => [String(segment.id), segment]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** Segments that ask for tags: by name, as the metric of a decline, or through the scores of RFM. */
registerDependants(async (context, keys) => {
  const found = new Map<string, (SegmentRow & Dependant)[]>(keys.map((key) => [key, []]));
  for (const segment of await segmentsOfRequest(context))
    for (const key of await tagsAskedFor(context, [segment.expression]))
      found.get(key)?.push({ ...segment, __typename: "Segment", thing: thingOfSegment(segment) });
  return found;
});

const KEY = /^[a-z0-9_]{1,60}$/;
const LONGEST_NAME = 200;
const ALERT_SHARES = { least: 0.01, most: 10 };

@Resolver(() => Segment)
export class SegmentResolver {
  @Query(() => Segment, { nullable: true })
  async segment(@Ctx() context: RequestContext, @Arg("key", () => String) key: string): Promise<SegmentRow | null> {
    const found = (await segmentsOfRequest(context)).find((segment) => segment.key === key);
    if (found && !(await shownSegments(context)).includes(found)) throw notShared(found);
    return found ?? null;
  }

  @Query(() => SegmentConnection, { description: "The saved segments that the viewer may read, by key." })
  async segments(
    @Ctx() context: RequestContext,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after: string | null | undefined,
  ): Promise<Connection<SegmentRow> & { totalCount: number }> {
    const all = await shownSegments(context);
    const [last] = after ? decodeCursor(after, 1) : [""];
    const rest = all.filter(({ key }) => key > String(last));
    return {
      ...pageOf(
        rest,
        pageSize(first),
        ({ key }) => [key],
        (segment) => segment,
      ),
      totalCount: all.length,
    };
  }

  @Query(() => String, {
    description:
      "An expression in its text form, which `where: {text: ...}` reads back as the same expression; nothing is looked up.",
  })
  segmentText(@Arg("where", () => SegmentExpression) where: SegmentExpression): string {
    return formatExpression(parseExpression(where));
  }

  @Mutation(() => SaveSegmentPayload, { description: "Makes a segment, or changes the one of that key." })
  async saveSegment(
    @Ctx() context: RequestContext,
    @Arg("input", () => SaveSegmentInput) input: SaveSegmentInput,
  ): Promise<{ segment: SegmentRow | null; errors: SaveSegmentPayload["errors"] }> {
    try {
      return { segment: await save(context, input), errors: [] };
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error;
      const { at } = error.extensions;
      return {
        segment: null,
        errors: [{ code: error.code, message: error.message, path: ["input", ...(typeof at === "string" ? at.split(".") : [])] }],
      };
    }
  }

  @Mutation(() => SaveSegmentPayload, {
    description:
      "Looks at everybody anew for a segment, now; a large population is gone through after the answer, until isRunning is false.",
  })
  async refreshSegment(
    @Ctx() context: RequestContext,
    @Arg("key", () => String) key: string,
  ): Promise<{ segment: SegmentRow | null; errors: SaveSegmentPayload["errors"] }> {
    const { pool } = context.store;
    const named = async () => (await segmentsOfRequest(context)).find((segment) => segment.key === key) ?? null;
    const refused = (code: string, message: string) => ({ segment: null, errors: [{ code, message, path: ["key"] }] });
    const before = await named();
    if (before && !mayChange(principalOf(context.viewer), before))
      return refused("FORBIDDEN", changeRefusal(before.department.key));
    if (!(await refreshSegment(pool, key)))
      return refused("NOT_FOUND", `There is no segment ${JSON.stringify(key.slice(0, 60))}; segments lists them.`);
    await runSegments(pool, context.now, BATCHES_IN_REQUEST);
    forgetSegments(context);
    return { segment: await named(), errors: [] };
  }

  @Query(() => SegmentEstimate, { description: "What saveSegment would do with this: how many users, and who comes and goes." })
  async segmentEstimate(
    @Ctx() context: RequestContext,
    @Arg("input", () => SaveSegmentInput) { key, where }: SaveSegmentInput,
  ): Promise<Omit<SegmentEstimate, "dependants"> & { readonly dependants: readonly SegmentRow[] }> {
    const segments = await segmentsOfRequest(context);
    const saved = segments.find((segment) => segment.key === key);
    if (saved) refuseChange(context, saved.department.key, "key");
    const expression = parseExpression(where);
    // What cannot be asked any more holds nobody.
    const before = saved ? parsed(saved.expression) : [];
    const catalogue = await catalogueFor(context, [expression, ...before]);
    const after = bindExpression(expression, catalogue, [key]);
    const [old]: readonly Bound[] = before
      .flatMap((each) => boundOrNothing(() => bindExpression(each, catalogue, [], saved?.department.key ?? null)))
      .map((bound) => (saved && saved.mode !== "LIVE" ? keptMembers(saved.id, bound) : bound));
    const sides: readonly Bound[] = old
      ? [after, { kind: "all", of: [after, { kind: "not", of: old }] }, { kind: "all", of: [old, { kind: "not", of: after }] }]
      : [after];
    const at = await instantNow(context, sides);
    const tell = await tellingOf(context, sides, at);
    const [count, entering = count, leaving = 0] = (await countUsers(context.store.pool, sides, at)).map(tell);
    return {
      count: count!,
      entering: entering!,
      leaving,
      sentence: `+${entering}, -${leaving} users`,
      dependants: (await shownSegments(context)).filter((segment) => refersTo(segment, key)),
    };
  }

  @Mutation(() => DeleteSegmentPayload, {
    description: "Takes a segment away. Refused by name while other segments refer to it.",
  })
  async deleteSegment(
    @Ctx() context: RequestContext,
    @Arg("key", () => String) key: string,
  ): Promise<{ deleted: string | null; errors: DeleteSegmentPayload["errors"] }> {
    const refused = (code: string, message: string) => ({ deleted: null, errors: [{ code, message, path: ["key"] }] });
    const saved = (await segmentsOfRequest(context)).find((segment) => segment.key === key);
    if (saved && !mayChange(principalOf(context.viewer), saved)) return refused("FORBIDDEN", changeRefusal(saved.department.key));
    const needed = (await segmentsOfRequest(context)).filter((segment) => refersTo(segment, key));
    if (needed.length > 0)
      return refused(
        "CONFLICT",
        `The segment ${key} is needed by ${needed.map((segment) => segment.key).join(", ")}; change or delete those first.`,
      );
    const gone = await context.store.pool.transaction((transaction) => deleteSegment(transaction, key));
    forgetSegments(context);
    if (!gone) return refused("NOT_FOUND", `There is no segment ${JSON.stringify(key.slice(0, 60))}; segments lists them.`);
    return { deleted: key, errors: [] };
  }

  @Mutation(() => SaveSegmentPayload, {
    description: "Gives another department a right on a segment of one's own; a PRIVATE segment becomes SHARED by it.",
  })
  async shareSegment(
    @Ctx() context: RequestContext,
    @Arg("key", () => String) key: string,
    @Arg("with", () => String, { description: "Key of the department." }) department: string,
    @Arg("right", () => GrantRightEnum, { defaultValue: "READ" }) right: GrantRight,
    @Arg("expiresAt", () => DateTime, { nullable: true }) expiresAt?: Date | null,
  ): Promise<{ segment: SegmentRow | null; errors: UserError[] }> {
    const errors = await share(context, { kind: "SEGMENT", key, with: department, right, expiresAt: expiresAt ?? null });
    if (errors.length > 0) return { segment: null, errors };
    forgetSegments(context);
    return { segment: (await segmentsOfRequest(context)).find((each) => each.key === key) ?? null, errors };
  }

  @FieldResolver(() => [SegmentRevision], { description: "The newest first, at most 100." })
  revisions(@Root() { id }: SegmentRow, @Ctx() context: RequestContext): Promise<SegmentRevisionRow[]> {
    return revisionsBySegment(context).load(id);
  }

  @FieldResolver(() => [Segment], { description: "Segments that refer to it." })
  async dependants(@Root() { key }: SegmentRow, @Ctx() context: RequestContext): Promise<SegmentRow[]> {
    return (await shownSegments(context)).filter((segment) => refersTo(segment, key));
  }

  @FieldResolver(() => ID)
  id(@Root() { id }: SegmentRow): string {
    return toGlobalId("Segment", id);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "The expression in its text form; null where this version cannot read it.",
  })
  text(@Root() { expression }: SegmentRow): string | null {
    const [readable] = parsed(expression);
    return readable ? formatExpression(readable) : null;
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description: "How many users are in it now, exact; null where it cannot be asked.",
  })
  count(@Root() { key }: SegmentRow, @Ctx() context: RequestContext): Promise<number | null> {
    return countBySegment(context).load(key);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "Why it cannot be asked any more, for example because a tag was removed; nobody is in it then.",
  })
  async error(@Root() { key }: SegmentRow, @Ctx() context: RequestContext): Promise<string | null> {
    const usable = (await usableSegments(context)).find(({ segment }) => segment.key === key);
    return usable?.where instanceof TidemarkError ? usable.where.message : null;
  }
}

function notShared({ key, department }: SegmentRow): TidemarkError {
  const lent: Lent = { kind: "SEGMENT", key, department: department.key };
  return new TidemarkError("FORBIDDEN", `${nameOf(lent)} is not shared with yours; ask for it with requestGrant.`, {
    withheld: [lent],
  });
}

function refuseChange({ viewer }: RequestContext, department: string, at: string): void {
  if (!mayChange(principalOf(viewer), { department: { key: department } }))
    throw new TidemarkError("FORBIDDEN", changeRefusal(department), { at });
}

function refersTo({ expression }: SegmentRow, key: string): boolean {
  return parsed(expression).some((each) => [...nodesOf(each)].some((node) => node.kind === "segment" && node.key === key));
}

function boundOrNothing(bind: () => Bound): Bound[] {
  try {
    return [bind()];
  } catch (error) {
    if (error instanceof TidemarkError) return [];
    throw error;
  }
}

async function save(context: RequestContext, input: SaveSegmentInput): Promise<SegmentRow> {
  const { key } = input;
  const name = (input.name ?? key).trim();
  const before = (await segmentsOfRequest(context)).find((segment) => segment.key === key);
  const department = input.department ?? before?.department.key ?? context.viewer.department ?? COMPANY;
  if (before) refuseChange(context, before.department.key, "key");
  if (!KEY.test(key))
    throw refusal(
      "key",
      `${JSON.stringify(key.slice(0, 60))} is not a key; it has 1 to 60 lower-case letters, digits and underscores.`,
    );
  if (name === "" || name.length > LONGEST_NAME || name.includes("\0") || !name.isWellFormed())
    throw refusal("name", `a name has 1 to ${LONGEST_NAME} characters, and no NUL byte or lone surrogate.`);
  const expression = parseExpression(input.where);
  const catalogue = await catalogueFor(context, [expression]);
  const stored = plainExpression(input.where);
  bindExpression(expression, catalogue, [key]);
  // Read by the rights of its department from now on, so that has to have them too.
  bindExpression(expression, catalogue, [key], department);
  const [mode, alertShare] = [modeOf(input, context.now), alertShareOf(input)];
  await context.store.pool.transaction(async (transaction) => {
    const known = await transaction.read<{ key: string }>("select key from department");
    if (!known.some((each) => each.key === department))
      throw refusal(
        "department",
        `there is no department ${JSON.stringify(department.slice(0, 60))}; departments lists them.`,
        "NOT_FOUND",
      );
    refuseChange(context, department, "department");
    await writeSegment(
      transaction,
      {
        key,
        name,
        expression: stored,
        department,
        visibility: input.visibility ?? before?.visibility ?? "PUBLIC",
        mode,
        alertShare,
        by: context.viewer.name,
      },
      context.now,
    );
  });
  await runSegments(context.store.pool, context.now, BATCHES_IN_REQUEST);
  forgetSegments(context);
  return (await segmentsOfRequest(context)).find((segment) => segment.key === key)!;
}

function modeOf({ mode, schedule }: SaveSegmentInput, now: Date): NonNullable<SegmentToSave["mode"]> | null {
  if (mode !== "SCHEDULED") {
    if (schedule != null)
      throw refusal("schedule", "only a SCHEDULED segment has one; leave it out, or pass mode SCHEDULED with it.");
    return mode ? { mode, schedule: null, nextRunAt: null } : null;
  }
  if (schedule == null) throw refusal("schedule", 'a SCHEDULED segment takes a cron expression (UTC), for example "0 6 * * 1".');
  const next = nextRun(schedule, now);
  if (next instanceof Error)
    throw refusal(
      "schedule",
      `${JSON.stringify(schedule.slice(0, 60))} is not a schedule: ${next.message}. Minute, hour, day, month and weekday in UTC, for example "0 6 * * 1".`,
    );
  return { mode, schedule, nextRunAt: next };
}

function alertShareOf({ alertShare }: SaveSegmentInput): number | null {
  const share = alertShare ?? null;
  if (share !== null && !(share >= ALERT_SHARES.least && share <= ALERT_SHARES.most))
    throw refusal("alertShare", `it is a share of the size, from ${ALERT_SHARES.least} to ${ALERT_SHARES.most}.`);
  return share;
}

function refusal(field: string, sentence: string, code: "BAD_INPUT" | "NOT_FOUND" = "BAD_INPUT"): TidemarkError {
  return new TidemarkError(code, `${field}: ${sentence}`, { at: field });
}
