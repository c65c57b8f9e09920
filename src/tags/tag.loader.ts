import { randomUUID } from "node:crypto";
import DataLoader from "dataloader";
import type { Thing, Visibility } from "../people/access.js";
import { accessOf } from "../people/access.loader.js";
import { perRequest, type RequestContext } from "../request.js";
import type { Session } from "../store/pool.js";
import { readSetting, settingsOf, writeSetting } from "../store/setting.js";
import type { TagDefinition } from "./definition.js";
import { givenDefinition } from "./facts.js";
import type { TagFamily, TagKind, TagState, TagValueType, UpdateMode } from "./tag.entity.js";

export interface TagRow {
  readonly id: number;
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly family: TagFamily;
  readonly kind: TagKind;
  readonly valueType: TagValueType;
  readonly unit: string | null;
  readonly state: TagState;
  readonly revision: number;
  readonly hasUnpublishedChanges: boolean;
  readonly department: { readonly key: string; readonly name: string };
  readonly visibility: Visibility;
  readonly definition: TagDefinition | null;
  readonly slot: number | null;
  readonly builtIn: boolean;
  readonly ttlDays: number | null;
  /** Of a DECLINE tag that was generated from somebody's metric: that one's id. */
  readonly generatedFrom: number | null;
  readonly updateMode: UpdateMode;
  readonly schedule: string | null;
  readonly runAt: Date | null;
  readonly nextRunAt: Date | null;
  readonly coverage: number | null;
  readonly refreshedAt: Date | null;
}

/** All tags there are, by every name they go by. */
export interface TagCatalogue {
  readonly version: string;
  /** By key. */
  readonly tags: readonly TagRow[];
  readonly byKey: ReadonlyMap<string, TagRow>;
  readonly byId: ReadonlyMap<number, TagRow>;
  /** The METRIC tag whose number stands at each place of user_metric.numbers. */
  readonly bySlot: readonly (TagRow | undefined)[];
  /** What `{tag: key}` stands for in expressions: of given tags that they are given. */
  readonly definitions: ReadonlyMap<string, TagDefinition>;
}

/** Catalogues by version: every change makes a new version, so a copy never goes stale; old ones are dropped. */
const known = new Map<string, TagCatalogue>();
const KNOWN_CATALOGUES = 32;

/** The catalogue as it stands; one small statement as long as it has not changed. */
export async function tagCatalogue(session: Session): Promise<TagCatalogue> {
  const setting = await readSetting(session, "tags");
  return catalogueOfVersion(session, setting?.version ?? "");
}

/** The same where a statement has brought the version along (TAG_VERSION): no statement as long as it has not changed. */
export async function catalogueOfVersion(session: Session, version: string): Promise<TagCatalogue> {
  const found = known.get(version);
  if (found) return found;
  const tags = await session.read<TagRow>(
    `select t.id, t.key, t.name, t.description, t.family, t.kind, t.value_type as "valueType", t.unit, t.state, t.revision,
       t.draft is not null as "hasUnpublishedChanges", json_build_object('key', d.key, 'name', d.name) as department, t.visibility,
       t.definition, t.slot, t.built_in as "builtIn", t.ttl_days as "ttlDays", t.generated_from as "generatedFrom", t.update_mode as "updateMode", t.schedule, t.run_at as "runAt", t.next_run_at as "nextRunAt", t.coverage, t.refreshed_at as "refreshedAt"
     from tag t join department d on d.id = t.department_id`,
  );
  // By code unit, as cursors compare, whatever the database's collation.
  tags.sort((a, b) => (a.key < b.key ? -1 : 1));
  const bySlot: (TagRow | undefined)[] = [];
  for (const tag of tags) if (tag.slot !== null) bySlot[tag.slot] = tag;
  for (let slot = 0; slot < bySlot.length; slot++) bySlot[slot] ??= undefined;
  const catalogue = named(version, tags, bySlot);
  // A store without a version has had no seed yet: nothing is kept of it.
  if (version !== "") known.set(version, catalogue);
  for (const old of known.keys()) {
    if (known.size <= KNOWN_CATALOGUES) break;
    known.delete(old);
  }
  return catalogue;
}

function named(version: string, tags: readonly TagRow[], bySlot: readonly (TagRow | undefined)[]): TagCatalogue {
  return {
    version,
    tags,
    byKey: new Map(tags.map((tag) => [tag.key, tag])),
    byId: new Map(tags.map((tag) => [tag.id, tag])),
    bySlot,
    definitions: new Map(tags.flatMap(definitionOf)),
  };
}

function definitionOf({ key, kind, valueType, definition }: TagRow): [string, TagDefinition][] {
  if (definition) return [[key, definition]];
  return kind === "MANUAL" || kind === "IMPORTED" ? [[key, givenDefinition(key, valueType)]] : [];
}

/** SQL that brings the catalogue's version along with other rows. */
export const TAG_VERSION = "(select value ->> 'version' from setting where key = 'tags')";

/** Taken before any tag's row is: those who change tags wait for one another here, and never in a circle. */
export async function lockCatalogue(session: Session): Promise<void> {
  await session.read("select from setting where key = 'tags' for update");
}

/** Called in the transaction of every change to a tag. */
export async function bumpCatalogue(session: Session): Promise<void> {
  await writeSetting(session, "tags", { version: randomUUID() });
}

/** The catalogue for one request, all of it: for computing, and to say by name what is refused. */
export const wholeCatalogueOf = perRequest((context) => {
  let promise: Promise<TagCatalogue> | undefined;
  return () =>
    (promise ??= settingsOf(context)
      .read()
      .then(({ tags }) => catalogueOfVersion(context.store.pool, tags?.version ?? "")));
});

/** What of the catalogue the viewer may read; what is given out comes from here. */
export const catalogueOf = perRequest((context) => {
  let promise: Promise<TagCatalogue> | undefined;
  return () => (promise ??= wholeCatalogueOf(context)().then((catalogue) => shownTo(context, catalogue)));
});

/** Of the tags that the viewer may not read. */
export async function hiddenTagIds(context: RequestContext): Promise<number[]> {
  const { byId } = await catalogueOf(context)();
  return (await wholeCatalogueOf(context)()).tags.flatMap(({ id }) => (byId.has(id) ? [] : [id]));
}

export function thingOfTag({ id, department, visibility }: Pick<TagRow, "id" | "department" | "visibility">): Thing {
  return { kind: "TAG", id, department, visibility };
}

/** Parts of catalogues by the ids of what is left out, so that each is made once. */
const shown = new WeakMap<TagCatalogue, Map<string, TagCatalogue>>();

/** A catalogue without what the viewer may not read: the same one where all is public, and without a statement then. */
export async function shownTo(context: RequestContext, catalogue: TagCatalogue): Promise<TagCatalogue> {
  const guarded = catalogue.tags.filter(({ visibility }) => visibility !== "PUBLIC");
  if (guarded.length === 0) return catalogue;
  const access = await accessOf(context)();
  const hidden = new Set(guarded.filter((tag) => access(thingOfTag(tag)) !== "READ").map(({ id }) => id));
  if (hidden.size === 0) return catalogue;
  const parts = shown.get(catalogue) ?? new Map<string, TagCatalogue>();
  shown.set(catalogue, parts);
  const name = [...hidden].join();
  const part = parts.get(name) ?? partOf(catalogue, (tag) => !hidden.has(tag.id));
  parts.set(name, part);
  return part;
}

function partOf({ version, tags, bySlot }: TagCatalogue, isShown: (tag: TagRow) => boolean): TagCatalogue {
  return named(
    version,
    tags.filter(isShown),
    bySlot.map((tag) => (tag && isShown(tag) ? tag : undefined)),
  );
}

export const tagByKey = perRequest(
  (context) =>
    new DataLoader<string, TagRow | null>(async (keys) => {
      const { byKey } = await catalogueOf(context)();
      return keys.map((key) => byKey.get(key) ?? null);
    }),
);

export const tagById = perRequest(
  (context) =>
    new DataLoader<number, TagRow | null>(async (ids) => {
      const { byId } = await catalogueOf(context)();
      return ids.map((id) => byId.get(id) ?? null);
    }),
);
