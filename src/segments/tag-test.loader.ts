import type { Session } from "../store/pool.js";
import { computedTags, isComputed, type Library } from "../tags/compute.loader.js";
import { needsFacts } from "../tags/facts.js";
import { type Condition, conditionOf } from "../tags/since.js";
import { Texts } from "../tags/texts.js";
import type { Bound } from "./bind.js";
import { passesTag } from "./evaluate.loader.js";
import type { TagTest } from "./tag-due.js";

const keptConditions = new WeakMap<Library, Map<string, Condition | null>>();
const NO_TEXTS = new Texts();

/**
 * Those of some conditions whose answers can be foreseen: computed tags that follow their users' events by themselves. A tag that reads
 * attributes or given tags, or that gives a text, is looked at when the user's tags are computed.
 */
export async function tagTests(session: Session, conditions: readonly Bound[]): Promise<TagTest[]> {
  const asked = conditions.flatMap((each) =>
    each.kind === "tag" && each.tag.computed && each.tag.valueType !== "TEXT" ? [each] : [],
  );
  if (asked.length === 0) return [];
  const library = await computedTags(session);
  return asked.flatMap((each) => {
    const condition = conditionOfTag(library, each.tag.key);
    return condition ? [{ condition, passes: (value: number) => passesTag(each, value, NO_TEXTS) }] : [];
  });
}

function conditionOfTag(library: Library, key: string): Condition | null {
  const kept = keptConditions.get(library) ?? new Map<string, Condition | null>();
  keptConditions.set(library, kept);
  let condition = kept.get(key);
  if (condition === undefined) {
    condition = foreseeable(library, key);
    kept.set(key, condition);
  }
  return condition;
}

function foreseeable({ catalogue, types, failures }: Library, key: string): Condition | null {
  const tag = catalogue.byKey.get(key);
  if (!tag || !isComputed(tag) || tag.updateMode !== "LIVE" || failures.has(key)) return null;
  const condition = conditionOf(tag.definition.expression, types, catalogue.definitions);
  return needsFacts(condition.program.needs) ? null : condition;
}
