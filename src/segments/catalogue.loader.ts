import { eventTypes } from "../events/event-type.loader.js";
import type { Thing, ThingKind } from "../people/access.js";
import { accessOf } from "../people/access.loader.js";
import { attributeRemedy, mayReadAttribute } from "../people/attribute.js";
import { attributesOfRequest } from "../people/attribute.loader.js";
import { perRequest, type RequestContext } from "../request.js";
import { chosenDefinition, definitionsOfRequest } from "../scores/churn-definition.loader.js";
import { guardedChampion, keyOfModel, thingOfModel } from "../scores/churn-model.loader.js";
import type { Session } from "../store/pool.js";
import { keptByVersion, settingsOf } from "../store/setting.js";
import { RFM_TAGS, rfmState } from "../tags/rfm.loader.js";
import { catalogueOf, type TagRow, thingOfTag, wholeCatalogueOf } from "../tags/tag.loader.js";
import { allSchemesOfRequest, schemesOfRequest, type TierSchemeRow, thingOfScheme } from "../tiers/tier-scheme.loader.js";
import type { Catalogue, CatalogueTag, RfmCatalogue } from "./catalogue.js";
import { type Expression, nodesOf, parseExpression } from "./expression.js";
import type { Rights } from "./rights.js";
import { readSegments, type SegmentRow, thingOfSegment } from "./segment.loader.js";

/** Tags as expressions see them; one copy for each catalogue of the tags room, which is kept while it does not change. */
const tagsSeen = new WeakMap<readonly TagRow[], ReadonlyMap<string, CatalogueTag>>();

function tagsOf(tags: readonly TagRow[]): ReadonlyMap<string, CatalogueTag> {
  let seen = tagsSeen.get(tags);
  if (seen === undefined) {
    // A decline is named by the metric that means the same as its current value.
    const metrics = tags.filter(({ kind }) => kind === "METRIC");
    const keysOf = Map.groupBy(metrics, ({ definition }) => JSON.stringify(definition?.expression));
    const keys = ({ definition }: TagRow) => {
      const current = definition?.decline?.current;
      if (current === undefined) return [];
      if (typeof current === "object" && "tag" in current) return [current.tag];
      return (keysOf.get(JSON.stringify(current)) ?? []).map(({ key }) => key);
    };
    seen = new Map(
      // A retired tag is known no more: what names it is refused.
      tags
        .filter(({ state }) => state !== "RETIRED")
        .map((tag) => {
          const { id, key, kind, valueType, slot, definition } = tag;
          const computed = definition !== null && (kind === "RULE" || kind === "DECLINE" || (kind === "METRIC" && slot !== null));
          return [key, { id, key, kind, valueType, slot: kind === "METRIC" ? slot : null, computed, declineOf: keys(tag) }];
        }),
    );
    tagsSeen.set(tags, seen);
  }
  return seen;
}

/** The saved segments of one request, as they stand: all of them, to look names up in. */
export function segmentsOfRequest(context: RequestContext): Promise<readonly SegmentRow[]> {
  const kept = keptSegments(context);
  kept.segments ??= savedSegments(context);
  return kept.segments;
}

/** Those that the viewer may read. */
export async function shownSegments(context: RequestContext): Promise<readonly SegmentRow[]> {
  const [segments, access] = await Promise.all([segmentsOfRequest(context), accessOf(context)()]);
  return segments.filter((segment) => access(thingOfSegment(segment)) === "READ");
}

const keptSegments = perRequest((): { segments: Promise<readonly SegmentRow[]> | undefined } => ({ segments: undefined }));

/** After one was saved: the rest of the request sees it. */
export function forgetSegments(context: RequestContext): void {
  keptSegments(context).segments = undefined;
  settingsOf(context).forget();
}

const readByVersion = keptByVersion(readSegments);

async function savedSegments(context: RequestContext): Promise<readonly SegmentRow[]> {
  const { segments } = await settingsOf(context).read();
  return segments === undefined ? [] : readByVersion(context.store.pool, segments.version);
}

const keptEventTypes = keptByVersion(eventTypes);

const eventTypesOfRequest = perRequest(async (context) =>
  keptEventTypes(context.store.pool, (await settingsOf(context).read()).catalogues?.version),
);

/** What these expressions can name, and the segments they may refer to: only catalogues that they ask for are read. */
export async function catalogueFor(
  context: RequestContext,
  expressions: readonly Expression[],
  { allSegments = false } = {},
): Promise<Catalogue> {
  const own = expressions.flatMap((each) => [...nodesOf(each)]);
  const segments = allSegments || own.some(({ kind }) => kind === "segment") ? await segmentsOfRequest(context) : [];
  const nodes = [...own, ...segments.flatMap(({ expression }) => parsed(expression)).flatMap((each) => [...nodesOf(each)])];
  const asks = (...kinds: Expression["kind"][]) => nodes.some(({ kind }) => kinds.includes(kind));
  const [tags, types, schemes, definitions, categories, rfm] = await Promise.all([
    asks("tag", "decline", "rfm") ? wholeCatalogueOf(context)().then((catalogue) => catalogue.tags) : [],
    asks("event") ? eventTypesOfRequest(context) : [],
    asks("riskTier") ? allSchemesOfRequest(context) : [],
    asks("churnProbability") ? definitionsOfRequest(context) : [],
    categoriesIn(context.store.pool, nodes),
    asks("rfm") ? rfmIn(context) : undefined,
  ]);
  const definition = definitions.length === 0 ? undefined : chosenDefinition(definitions, null);
  const champion = definition && (await guardedChampion(context, definition.id));
  return {
    tags: tagsOf(tags),
    eventTypes: new Map(types.map((type) => [type.key, type])),
    categories,
    rfm,
    segments: expressionsOf(segments),
    held: new Map(segments.filter(({ mode }) => mode !== "LIVE").map(({ key, id }) => [key, id])),
    schemes: tiersOf(schemes),
    definitionId: definition?.id,
    model: champion && keyOfModel(champion),
    rights: await rightsOf(context, {
      TAG: lookup(tags, thingOfTag),
      SEGMENT: lookup(segments, thingOfSegment),
      TIER_SCHEME: lookup(schemes, thingOfScheme),
      CHURN_MODEL: lookup(champion ? [{ ...champion, key: keyOfModel(champion) }] : [], thingOfModel),
    }),
    shown: await shownOf(context, { tags, segments, schemes }),
  };
}

function expressionsOf(segments: readonly SegmentRow[]): Catalogue["segments"] {
  return new Map(segments.map(({ key, expression }) => [key, expression]));
}

function tiersOf(schemes: readonly TierSchemeRow[]): Catalogue["schemes"] {
  return new Map(schemes.map(({ id, key, tiers }) => [key, { id, tiers: tiers.map((tier) => tier.key) }]));
}

/** A frontend's key is in many hands: to it what it may not read is as unknown as what is not there. */
async function shownOf(
  context: RequestContext,
  all: { readonly tags: readonly TagRow[]; readonly segments: readonly SegmentRow[]; readonly schemes: readonly TierSchemeRow[] },
): Promise<Catalogue["shown"]> {
  if (context.viewer.role !== "APP") return undefined;
  const [tags, segments, schemes] = await Promise.all([
    all.tags.length === 0 ? [] : catalogueOf(context)().then((catalogue) => catalogue.tags),
    all.segments.length === 0 ? [] : shownSegments(context),
    all.schemes.length === 0 ? [] : schemesOfRequest(context),
  ]);
  return { tags: tagsOf(tags), segments: expressionsOf(segments), schemes: tiersOf(schemes) };
}

/** Made at the first question: most expressions name few things, or none. */
function lookup<Row extends { readonly key: string }>(
  rows: readonly Row[],
  thingOf: (row: Row) => Thing,
): (key: string) => Thing | undefined {
  let byKey: ReadonlyMap<string, Row> | undefined;
  return (key) => {
    byKey ??= new Map(rows.map((row) => [row.key, row]));
    const row = byKey.get(key);
    return row && thingOf(row);
  };
}

async function rightsOf(
  context: RequestContext,
  things: Readonly<Record<ThingKind, (key: string) => Thing | undefined>>,
): Promise<Rights> {
  const [access, declared] = await Promise.all([accessOf(context)(), attributesOfRequest(context)]);
  return {
    of: (kind, key, department) => {
      const thing = things[kind](key);
      // What there is not is refused elsewhere, as unknown.
      if (thing === undefined) return "NONE";
      return department === undefined ? access(thing) : access(thing, { department, everything: false });
    },
    ownerOf: (kind, key) => things[kind](key)?.department.key,
    mayAskFor: (attribute) => mayReadAttribute(context.viewer, attribute, declared),
    attributeRemedy: attributeRemedy(context.viewer),
  };
}

/** The dictionary may be large, so only the categories that are named are looked up. */
async function categoriesIn(session: Session, nodes: readonly Expression[]): Promise<ReadonlyMap<string, number>> {
  const named = nodes.flatMap((node) => (node.kind === "event" && node.category !== undefined ? [node.category] : []));
  if (named.length === 0) return new Map();
  const rows = await session.read<{ id: number; key: string }>("select id, key from category where key = any($1::text[])", [
    [...new Set(named)],
  ]);
  return new Map(rows.map(({ id, key }) => [key, id]));
}

async function rfmIn(context: RequestContext): Promise<RfmCatalogue> {
  const { basis, thresholds } = await rfmState(context)();
  return { ...RFM_TAGS[basis], thresholds };
}

/** A stored expression that this version cannot read has no categories; what is wrong with it is said where it is used. */
export function parsed(expression: unknown): Expression[] {
  try {
    return [parseExpression(expression)];
  } catch {
    return [];
  }
}
