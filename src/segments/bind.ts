import { TidemarkError } from "../errors.js";
import { idOf } from "../node.js";
import type { ThingKind } from "../people/access.js";
import { LIFECYCLE_STAGES } from "../tags/lifecycle-stage.js";
import { RFM_LAYERS, type RfmLayer } from "../tags/rfm.js";
import type { Catalogue, CatalogueTag, RfmCatalogue } from "./catalogue.js";
import {
  type EventTest,
  type Expression,
  parseExpression,
  type Range,
  SEVERITIES,
  type Severity,
  type Test,
} from "./expression.js";
import { suggestion } from "./nearest.js";
import { BOUNDS, refuse, shown, type Value } from "./operand.js";
import { type Lent, levelOf, nameOf } from "./rights.js";

/** An expression whose names were found: ids instead of keys, segments written out but for those whose members are kept. */
export type Bound = {
  /** By which of others' things, that may be counted by and not read, it tells users apart. */
  readonly lent?: Lent;
} & (
  | { readonly kind: "all" | "any"; readonly of: readonly Bound[] }
  | { readonly kind: "not"; readonly of: Bound }
  | { readonly kind: "tag"; readonly tag: CatalogueTag; readonly test: Test }
  | { readonly kind: "decline"; readonly tagIds: readonly number[]; readonly severity: readonly Severity[] }
  | { readonly kind: "tier"; readonly schemeId: number; readonly tiers: readonly string[] }
  | { readonly kind: "score"; readonly path: string; readonly definitionId: number; readonly gte: number; readonly lt: number }
  | { readonly kind: "channel"; readonly in: readonly string[] }
  | { readonly kind: "stage"; readonly in: readonly string[] }
  | { readonly kind: "attribute"; readonly name: string; readonly test: Test }
  | BoundEvent
  | BoundRfm
  | { readonly kind: "break"; readonly direction: "DOWN" | "UP" | undefined; readonly sinceDays: number | undefined }
  | { readonly kind: "member"; readonly segmentId: number }
  | { readonly kind: "ids"; readonly userIds: readonly string[] }
);

export type BoundEvent = Omit<EventTest, "type" | "category"> & {
  readonly kind: "event";
  readonly typeIds: readonly number[];
  readonly categoryId: number | undefined;
};

export interface BoundRfm {
  readonly kind: "rfm";
  readonly rfm: RfmCatalogue;
  /** Places of the three values in user_metric.numbers. */
  readonly slots: readonly [recency: number, frequency: number, monetary: number];
  /** The lowest and highest score that fit, of each of the three. */
  readonly ranges: readonly [
    recency: readonly [number, number],
    frequency: readonly [number, number],
    monetary: readonly [number, number],
  ];
  readonly layers: readonly RfmLayer[];
}

/** Nodes of an expression with its segments written out, which may themselves refer to segments. */
const MOST_BOUND_NODES = 2_000;
export const DEFAULT_SCHEME = "default";

/**
 * Looks up every name of an expression and writes referred segments out.
 *
 * @param within the segment that the expression is going to be, which it must not refer to
 * @param department the department whose rights count, of a saved segment; null: the viewer's
 * @throws TidemarkError FORBIDDEN, naming all that was not shared and whom to ask; UNKNOWN_TAG, UNKNOWN_SEGMENT, UNKNOWN_EVENT_TYPE, NOT_FOUND, BAD_INPUT or TOO_COMPLEX, with the path
 */
export function bindExpression(
  expression: Expression,
  catalogue: Catalogue,
  within: readonly string[] = [],
  department: string | null = null,
): Bound {
  const refused: Refused[] = [];
  const bound = bind(expression, { catalogue, within, department, refused, counted: { nodes: 0 } });
  if (refused.length > 0) throw notShared(refused);
  return bound;
}

interface Refused {
  readonly path: string;
  readonly thing: Lent;
  /** With whom it is not shared; null: the viewer's. */
  readonly department: string | null;
}

/** Names are known inside the company, what they say of users is not: the error names all that is asked for, and whom to ask. */
function notShared(refused: readonly Refused[]): TidemarkError {
  const sentences = [...Map.groupBy(refused, ({ department }) => department)].map(([department, some]) => {
    const names = [...new Set(some.map(({ thing }) => nameOf(thing)))];
    const whom = department === null ? "your department" : `the department ${department}`;
    return `${names.join(" and ")} ${names.length === 1 ? "is" : "are"} not shared with ${whom}`;
  });
  const { path } = refused[0]!;
  return new TidemarkError("FORBIDDEN", `${path}: ${sentences.join("; ")}. Ask for it with requestGrant.`, {
    at: path,
    withheld: refused.map(({ thing }) => thing),
  });
}

/** A part of an expression after its names were found: marked where it may be counted by and not read, noted where it may not even be that. */
function allowed(kind: ThingKind, key: string, path: string, scope: Scope, bound: Bound): Bound {
  const { rights } = scope.catalogue;
  if (!rights) return bound;
  const level = levelOf(rights, kind, key, scope.department);
  if (level === "READ") return bound;
  const thing = { kind, key, department: rights.ownerOf(kind, key) ?? "" };
  if (level === "NONE") scope.refused.push({ path, thing, department: scope.department });
  return { ...bound, lent: thing };
}

interface Scope {
  readonly catalogue: Catalogue;
  /** The segments being written out, outermost first. */
  readonly within: readonly string[];
  /** Of the innermost of them; null: the viewer's own question. */
  readonly department: string | null;
  readonly refused: Refused[];
  readonly counted: { nodes: number };
}

/** What may be named: in a saved segment everything, for its department named it. */
function namesOf({ catalogue, department }: Scope): Catalogue {
  return department === null && catalogue.shown ? { ...catalogue, ...catalogue.shown } : catalogue;
}

function bind(node: Expression, scope: Scope): Bound {
  const catalogue = namesOf(scope);
  if (++scope.counted.nodes > MOST_BOUND_NODES)
    throw refuse(
      "TOO_COMPLEX",
      node.path,
      `with its segments written out the expression has more than ${MOST_BOUND_NODES} nodes.`,
    );
  switch (node.kind) {
    case "all":
    case "any":
      return { kind: node.kind, of: node.of.map((each) => bind(each, scope)) };
    case "not":
      return { kind: "not", of: bind(node.of, scope) };
    case "tag":
      return allowed("TAG", node.key, node.path, scope, bindTag(node.key, node.test, node.path, catalogue));
    case "riskTier":
      return allowed(
        "TIER_SCHEME",
        node.scheme ?? DEFAULT_SCHEME,
        node.path,
        scope,
        bindTier(node.in, node.scheme ?? DEFAULT_SCHEME, node.path, catalogue),
      );
    case "churnProbability":
      return bindScore(node, scope);
    case "lifecycleStage":
      return bindStage(node.in, node.path);
    case "channel":
      return { kind: "channel", in: node.in };
    case "attribute":
      return bindAttribute(node, scope);
    case "event":
      return bindEvent(node, node.path, catalogue);
    case "segment":
      return bindSegment(node.key, node.path, scope);
    case "ids":
      return { kind: "ids", userIds: node.ids.map((id, i) => userId(id, `${node.path}[${i}]`)) };
    case "decline":
      return bindDecline(node.metric, node.severity, node.path, scope);
    case "rfm":
      return bindRfm(node, catalogue);
    case "behaviorBreak":
      return { kind: "break", direction: node.direction, sinceDays: node.sinceDays };
  }
}

function bindScore(node: Expression & { kind: "churnProbability" }, scope: Scope): Bound {
  const { definitionId, model } = scope.catalogue;
  if (definitionId === undefined)
    throw refuse("NOT_FOUND", node.path, "there is no churn definition yet; make one with saveChurnDefinition.");
  const bound: Bound = {
    kind: "score",
    path: node.path,
    definitionId,
    gte: node.gte ?? Number.NEGATIVE_INFINITY,
    lt: node.lt ?? Number.POSITIVE_INFINITY,
  };
  return model === undefined ? bound : allowed("CHURN_MODEL", model, node.path, scope, bound);
}

/** Whoever may not read an attribute could otherwise find it out, question by question. What a saved segment asks was decided by who saved it. */
function bindAttribute({ name, test, path }: Expression & { kind: "attribute" }, { catalogue, department }: Scope): Bound {
  const { rights } = catalogue;
  if (rights && department === null && !rights.mayAskFor(name))
    throw refuse(
      "FORBIDDEN",
      path,
      `the attribute ${shown(name)} is personal and cannot be asked for; ${rights.attributeRemedy}`,
    );
  return { kind: "attribute", name, test };
}

function bindTag(key: string, test: Test, path: string, { tags }: Catalogue): Bound {
  const tag = tags.get(key);
  if (tag === undefined)
    throw refuse(
      "UNKNOWN_TAG",
      `${path}.key`,
      `there is no tag ${shown(key)}${suggestion(key, tags.keys()) || "; Query.tags lists the library."}`,
    );
  checkTest(tag, test, path);
  return { kind: "tag", tag, test };
}

function checkTest({ key, valueType }: CatalogueTag, test: Test, path: string): void {
  if (test.op === "IS_SET") return;
  if (valueType === "BOOLEAN") {
    if (test.op === "EQ" && test.value === true) return;
    throw refuse(
      "BAD_INPUT",
      path,
      `${shown(key)} is held or not held and has no other value; ask for {tag: {key: ${shown(key)}}}, or wrap it in {not: ...}.`,
    );
  }
  const wanted = valueType === "NUMBER" ? "number" : "string";
  const values: readonly Value[] = test.op === "IN" ? test.values : test.op === "BETWEEN" ? [test.low, test.high] : [test.value];
  const wrong = values.find((value) => typeof value !== wanted);
  if (wrong !== undefined)
    throw refuse(
      "BAD_INPUT",
      path,
      `${shown(key)} is a ${valueType} tag, so it cannot be compared with ${shown(wrong)}; pass a ${wanted === "number" ? "number" : "text"}.`,
    );
}

function bindDecline(metric: string | undefined, severity: readonly Severity[] | undefined, path: string, scope: Scope): Bound {
  const { tags, rights } = namesOf(scope);
  const declines = [...tags.values()].filter(({ kind }) => kind === "DECLINE");
  const named =
    metric === undefined ? declines : declines.filter(({ key, declineOf }) => key === metric || declineOf.includes(metric));
  if (named.length === 0) {
    const known = declines.flatMap(({ key, declineOf }) => [key, ...declineOf]);
    throw refuse(
      "UNKNOWN_TAG",
      `${path}.metric`,
      `no decline tag is about ${shown(metric)}${suggestion(metric ?? "", known) || "; tags(kind: DECLINE) lists those there are."}`,
    );
  }
  const bind = (of: readonly CatalogueTag[]): Bound => ({
    kind: "decline",
    tagIds: of.map(({ id }) => id),
    severity: severity ?? SEVERITIES,
  });
  // Without a name it means those that may be read.
  if (metric === undefined)
    return bind(named.filter(({ key }) => !rights || levelOf(rights, "TAG", key, scope.department) === "READ"));
  return named.reduce((bound, { key }) => allowed("TAG", key, path, scope, bound), bind(named));
}

function bindRfm({ path, recency, frequency, monetary, layer }: Expression & { kind: "rfm" }, { rfm, tags }: Catalogue): Bound {
  const slot = (key: string | undefined) => tags.get(key ?? "")?.slot;
  const slots = [slot(rfm?.recency), slot(rfm?.frequency), slot(rfm?.monetary)] as const;
  if (rfm === undefined || slots.some((each) => each === undefined || each === null))
    throw refuse("UNKNOWN_TAG", path, "the tags that RFM scores are made from are not in the library.");
  const known: readonly string[] = RFM_LAYERS;
  const unknown = (layer ?? []).findIndex((each) => !known.includes(each));
  if (unknown >= 0)
    throw refuse(
      "BAD_INPUT",
      `${path}.layer[${unknown}]`,
      `there is no RFM layer ${shown(layer?.[unknown])}; they are ${RFM_LAYERS.join(", ")}.`,
    );
  const range = ({ gte, lte }: Range) => [gte ?? 1, lte ?? 5] as const;
  return {
    kind: "rfm",
    rfm,
    slots: [slots[0]!, slots[1]!, slots[2]!],
    ranges: [range(recency), range(frequency), range(monetary)],
    layers: RFM_LAYERS.filter((each) => layer === undefined || layer.includes(each)),
  };
}

function bindStage(stages: readonly string[], path: string): Bound {
  const known: readonly string[] = LIFECYCLE_STAGES;
  const index = stages.findIndex((stage) => !known.includes(stage));
  if (index >= 0)
    throw refuse(
      "BAD_INPUT",
      `${path}.in[${index}]`,
      `there is no lifecycle stage ${shown(stages[index])}; they are ${known.join(", ")}.`,
    );
  return { kind: "stage", in: stages };
}

function bindTier(tiers: readonly string[], key: string, path: string, { schemes }: Catalogue): Bound {
  const scheme = schemes.get(key);
  if (scheme === undefined)
    throw refuse(
      "NOT_FOUND",
      `${path}.scheme`,
      `there is no tier scheme ${shown(key)}${suggestion(key, schemes.keys()) || "; make one with saveTierScheme."}`,
    );
  const index = tiers.findIndex((tier) => !scheme.tiers.includes(tier));
  if (index >= 0)
    throw refuse(
      "BAD_INPUT",
      `${path}.in[${index}]`,
      `the scheme ${shown(key)} has no tier ${shown(tiers[index])}; it has ${scheme.tiers.join(", ")}.`,
    );
  return { kind: "tier", schemeId: scheme.id, tiers };
}

function bindEvent(node: EventTest, path: string, { eventTypes, categories }: Catalogue): BoundEvent {
  const { type, category, ...rest } = node;
  return {
    ...rest,
    kind: "event",
    typeIds: typeIdsOf(type, path, eventTypes),
    categoryId: categoryIdOf(category, path, categories),
  };
}

function typeIdsOf(key: string | undefined, path: string, eventTypes: Catalogue["eventTypes"]): number[] {
  if (key === undefined)
    return [...eventTypes.values()].filter(({ kind }) => kind === "INTERACTION" || kind === "TRANSACTION").map(({ id }) => id);
  const type = eventTypes.get(key);
  if (type === undefined)
    throw refuse(
      "UNKNOWN_EVENT_TYPE",
      `${path}.type`,
      `there is no event type ${shown(key)}${suggestion(key, eventTypes.keys()) || "; declare it with saveEventType."}`,
    );
  return [type.id];
}

function categoryIdOf(key: string | undefined, path: string, categories: Catalogue["categories"]): number | undefined {
  if (key === undefined) return undefined;
  const id = categories.get(key);
  if (id === undefined)
    throw refuse("NOT_FOUND", `${path}.category`, `no event has the category ${shown(key)}; categories come with events.`);
  return id;
}

function bindSegment(key: string, path: string, scope: Scope): Bound {
  const { segments } = namesOf(scope);
  const within = [...scope.within, key];
  if (scope.within.includes(key))
    throw refuse(
      "BAD_INPUT",
      path,
      `the segment ${shown(key)} refers to itself (${within.join(" -> ")}); take one reference out.`,
    );
  const stored = segments.get(key);
  if (stored === undefined)
    throw refuse(
      "UNKNOWN_SEGMENT",
      `${path}.key`,
      `there is no segment ${shown(key)}${suggestion(key, segments.keys()) || "; make it with saveSegment."}`,
    );
  if (within.length > BOUNDS.depth)
    throw refuse("TOO_COMPLEX", path, `segments refer to one another at most ${BOUNDS.depth} deep.`);
  const { rights, held } = scope.catalogue;
  // What stands in a segment that is not shared is not told either.
  if (rights && levelOf(rights, "SEGMENT", key, scope.department) === "NONE")
    return allowed("SEGMENT", key, path, scope, { kind: "any", of: [] });
  const owner = rights?.ownerOf("SEGMENT", key) ?? null;
  const bound = bind(parseExpression(stored, `${path}.segment(${key})`), { ...scope, within, department: owner });
  const segmentId = held.get(key);
  return allowed("SEGMENT", key, path, scope, segmentId === undefined ? bound : keptMembers(segmentId, bound));
}

/** The members of a segment that are kept: whoever may only count by something in what it says may only count by them. */
export function keptMembers(segmentId: number, definition: Bound): Bound {
  const lent = [...boundNodesOf(definition)].find((node) => node.lent)?.lent;
  return { kind: "member", segmentId, ...(lent ? { lent } : {}) };
}

function userId(globalId: string, path: string): string {
  try {
    return idOf("User", globalId);
  } catch (error) {
    throw refuse("BAD_INPUT", path, error instanceof TidemarkError ? error.message : "that is not the id of a user.");
  }
}

/** Every node of a bound expression, parents first. */
export function* boundNodesOf(node: Bound): Generator<Bound> {
  yield node;
  if (node.kind === "not") yield* boundNodesOf(node.of);
  else if (node.kind === "all" || node.kind === "any") for (const each of node.of) yield* boundNodesOf(each);
}
