import type { TagDefinition } from "./definition.js";
import { givenDefinition } from "./facts.js";
import { DECLINES } from "./library-declines.js";
import { GENERATED_DECLINES } from "./library-generated.js";
import { METRICS } from "./library-metrics.js";
import type { LibraryTag } from "./library-parts.js";
import { GIVEN, RULES } from "./library-rules.js";

/** Every tag that ships with the product. */
export const LIBRARY: readonly LibraryTag[] = [...METRICS, ...DECLINES, ...GENERATED_DECLINES, ...RULES, ...GIVEN];

/** The definitions of the tags by key: what `{tag: key}` stands for. */
export const DEFINITIONS: ReadonlyMap<string, TagDefinition> = new Map(
  LIBRARY.map(({ key, valueType, definition }) => [key, definition ?? givenDefinition(key, valueType)]),
);
