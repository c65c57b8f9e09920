import { eventTypes } from "../events/event-type.loader.js";
import type { Session } from "../store/pool.js";
import { type Compute, type ComputedTag, compileTags } from "./holding.js";
import type { TypeOfEvent } from "./measure.js";
import { type TagCatalogue, type TagRow, tagCatalogue } from "./tag.loader.js";

/** The catalogue, and its computed tags as one program. */
export interface Library {
  readonly catalogue: TagCatalogue;
  readonly types: readonly TypeOfEvent[];
  readonly compute: Compute;
  /** The same for the DECLINE tags alone. */
  readonly computeDeclines: Compute;
  /** Why tags cannot be computed, by key: the others go on without them. */
  readonly failures: ReadonlyMap<string, string>;
}

const compiled = new WeakMap<TagCatalogue, { typesKey: string; library: Library }>();

/** Compiles anew only when the catalogue or the event types have changed. Two small statements. */
export async function computedTags(session: Session): Promise<Library> {
  const catalogue = await tagCatalogue(session);
  const types = await eventTypes(session);
  const typesKey = JSON.stringify(types);
  const known = compiled.get(catalogue);
  if (known?.typesKey === typesKey) return known.library;
  const failures = new Map<string, string>();
  const tags = catalogue.tags.filter(isComputed).filter((tag) => {
    try {
      compileTags([tag], types, catalogue.definitions);
      return true;
    } catch (error) {
      failures.set(tag.key, error instanceof Error ? error.message : String(error));
      return false;
    }
  });
  const library = {
    catalogue,
    types,
    failures,
    compute: compileTags(tags, types, catalogue.definitions),
    computeDeclines: compileTags(
      tags.filter(({ kind }) => kind === "DECLINE"),
      types,
      catalogue.definitions,
    ),
  };
  compiled.set(catalogue, { typesKey, library });
  return library;
}

/** Computed for everybody: has a definition, and is in use. */
export function isComputed(tag: TagRow): tag is TagRow & ComputedTag {
  return (
    tag.definition !== null &&
    (tag.state === "ACTIVE" || tag.state === "DEPRECATED") &&
    (tag.kind === "RULE" || tag.kind === "DECLINE" || (tag.kind === "METRIC" && tag.slot !== null))
  );
}
