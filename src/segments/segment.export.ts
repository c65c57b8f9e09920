import { TidemarkError } from "../errors.js";
import type { Export } from "../export.js";
import { toGlobalId } from "../node.js";
import { attributeRemedy, mayReadAttribute } from "../people/attribute.js";
import { attributesOfRequest } from "../people/attribute.loader.js";
import { identifiersByUser, userById } from "../people/user.loader.js";
import type { RequestContext } from "../request.js";
import { definitionsOfRequest } from "../scores/churn-definition.loader.js";
import { scoreOf } from "../scores/churn-score.loader.js";
import type { Cell } from "../store/csv.js";
import { catalogueOf, type TagRow } from "../tags/tag.loader.js";
import { type TagState, tagStateByUser } from "../tags/tag-state.loader.js";
import { tierOfUser } from "../tiers/tier.loader.js";
import { schemesOfRequest } from "../tiers/tier-scheme.loader.js";
import { DEFAULT_SCHEME } from "./bind.js";
import { type Asked, ask } from "./population.loader.js";
import { type PagePlace, pageStatement } from "./statement.js";
import { refuseListing } from "./telling.loader.js";

/** Members whose ids are read at once: each such statement asks the whole expression anew. */
const PAGE_IDS = 50_000;
/** Members whose columns are read at once. */
const PAGE_ROWS = 1_000;
const MOST_COLUMNS = 100;

/** Who is in a saved segment, in the order of the ids. */
export const segmentExport: Export = {
  name: "segment",
  description:
    "members of a saved segment; key=KEY of the segment, tags=KEY,KEY for the values of tags, attributes=NAME,NAME for attributes",
  async open(context, parameters) {
    const key = parameters.get("key");
    if (!key) throw new TidemarkError("BAD_INPUT", "key is missing; name a segment, as `segments` lists them.");
    const asked = await ask(context, { where: { segment: { key } } }, null);
    refuseListing(asked.wheres);
    const tags = await tagsNamed(context, namesIn(parameters, "tags"));
    const attributes = namesIn(parameters, "attributes");
    const declared = await attributesOfRequest(context);
    const hidden = attributes.find((name) => !mayReadAttribute(context.viewer, name, declared));
    if (hidden !== undefined)
      throw new TidemarkError(
        "FORBIDDEN",
        `The attribute ${JSON.stringify(hidden.slice(0, 60))} is personal and not shown to you; leave it out, or ${attributeRemedy(context.viewer)}`,
      );
    return {
      fileName: `segment-${key}`,
      columns: [
        ...["id", "identifiers", "churnProbability", "riskTier", "lifecycleStage", "lastSeenAt"],
        ...tags.map((tag) => `tag.${tag.key}`),
        ...attributes.map((name) => `attribute.${name}`),
      ],
      pages: pagesOf(context, asked, tags, attributes),
    };
  },
};

function namesIn(parameters: ReadonlyMap<string, string>, name: string): string[] {
  const names = (parameters.get(name) ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  if (names.length > MOST_COLUMNS)
    throw new TidemarkError("TOO_COMPLEX", `${name} has ${names.length} names; at most ${MOST_COLUMNS} are taken.`);
  return [...new Set(names)];
}

async function tagsNamed(context: RequestContext, keys: readonly string[]): Promise<TagRow[]> {
  const { byKey } = await catalogueOf(context)();
  return keys.map((key) => {
    const tag = byKey.get(key);
    if (tag) return tag;
    throw new TidemarkError(
      "UNKNOWN_TAG",
      `There is no tag ${JSON.stringify(key.slice(0, 60))} that you may read; \`tags\` lists those there are.`,
    );
  });
}

async function* pagesOf(
  context: RequestContext,
  { wheres: [where], at }: Asked,
  tags: readonly TagRow[],
  attributes: readonly string[],
): AsyncGenerator<Cell[][]> {
  for (let after: PagePlace | undefined; ; ) {
    const { text, values } = pageStatement({ where, at, orderBy: "ID_ASC", after, limit: PAGE_IDS, definitionId: 0 });
    const { rows } = await context.store.pool.run<PagePlace>(text, values);
    for (let from = 0; from < rows.length; from += PAGE_ROWS)
      yield rowsOf(
        context,
        rows.slice(from, from + PAGE_ROWS).map(({ id }) => id),
        tags,
        attributes,
      );
    after = rows.at(-1);
    if (rows.length < PAGE_IDS) return;
  }
}

async function rowsOf(
  context: RequestContext,
  ids: readonly string[],
  tags: readonly TagRow[],
  attributes: readonly string[],
): Promise<Cell[][]> {
  // A context of its own: what its loaders keep is let go with the page.
  const page = { ...context };
  const [definitions, schemes] = await Promise.all([definitionsOfRequest(page), schemesOfRequest(page)]);
  const hasScheme = schemes.some(({ key }) => key === DEFAULT_SCHEME);
  const rows = await Promise.all(
    ids.map(async (id) => {
      const [user, identifiers, score, tier, state] = await Promise.all([
        userById(page).load(id),
        identifiersByUser(page).load(id),
        definitions.length > 0 ? scoreOf(page, id) : null,
        hasScheme ? tierOfUser(page, id) : null,
        tags.length > 0 ? tagStateByUser(page).load(id) : null,
      ]);
      // Erased since the page of ids was read.
      if (user?.id !== id) return null;
      return [
        toGlobalId("User", id),
        identifiers.map(({ source, externalId }) => `${source}:${externalId}`).join(" "),
        score?.probability,
        tier?.tier,
        user.lifecycleStage,
        user.lastSeenAt,
        ...tags.map((tag) => state && valueIn(state, tag)),
        ...attributes.map((name) => plain(user.attributes[name])),
      ];
    }),
  );
  return rows.filter((row) => row !== null);
}

function valueIn({ numbers, assignments }: TagState, { id, kind, slot }: TagRow): Cell {
  if (kind === "METRIC") return slot === null ? null : numbers[slot];
  return assignments.find(({ tag }) => tag.id === id)?.value;
}

function plain(value: unknown): Cell {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return value === null || value === undefined ? null : JSON.stringify(value);
}
