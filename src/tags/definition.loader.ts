import { eventTypes } from "../events/event-type.loader.js";
import { declaredAttributes } from "../people/attribute.loader.js";
import type { Session } from "../store/pool.js";
import type { Expression, TagDefinition, ValueKind } from "./definition.js";
import { readInput } from "./definition-text.js";
import { tagsIn } from "./evaluate.js";
import { ExpressionError, parseExpression, type Vocabulary } from "./parse.js";
import type { TagValueType } from "./tag.entity.js";
import type { TagCatalogue } from "./tag.loader.js";

/**
 * Reads a definition that came from outside, which has to give a value of some kind.
 *
 * @param self the tag's own key where it exists: it cannot be made from itself, nor from tags that are made from it
 * @throws ExpressionError naming the place
 */
export async function readDefinition(
  session: Session,
  catalogue: TagCatalogue,
  { input, gives, self }: { readonly input: unknown; readonly gives: ValueKind; readonly self?: string },
): Promise<TagDefinition> {
  const { json, placed } = readInput(input);
  const expression = parsed(json, gives, await vocabularyOf(session, catalogue), placed);
  if (self !== undefined) refuseCircle(tagsIn(expression), self, catalogue);
  return { expression };
}

function parsed(
  json: unknown,
  gives: ValueKind,
  vocabulary: Vocabulary,
  placed: (error: ExpressionError) => ExpressionError,
): Expression {
  try {
    return parseExpression(json, gives, vocabulary);
  } catch (error) {
    throw error instanceof ExpressionError ? placed(error) : error;
  }
}

/** What definitions may refer to. */
export async function vocabularyOf(session: Session, catalogue: TagCatalogue): Promise<Vocabulary> {
  const types = new Set((await eventTypes(session)).map(({ key }) => key));
  const attributes = await declaredAttributes(session);
  return {
    kindOfTag(key) {
      const tag = catalogue.byKey.get(key);
      return tag && tag.state !== "RETIRED" && catalogue.definitions.has(key) ? KIND_OF_VALUE[tag.valueType] : undefined;
    },
    isEventType: (key) => types.has(key),
    typeOfAttribute: (key) => attributes.get(key)?.type,
  };
}

/** What the definition of a tag of a value type gives. */
export const KIND_OF_VALUE = { BOOLEAN: "condition", NUMBER: "number", TEXT: "text" } as const satisfies Record<
  TagValueType,
  ValueKind
>;

function refuseCircle(from: readonly string[], self: string, { definitions }: TagCatalogue): void {
  const ways = from.map((key) => [key]);
  const seen = new Set<string>();
  for (const way of ways) {
    const key = way.at(-1)!;
    if (key === self)
      throw new ExpressionError(
        [],
        `the tag ${self} would be made from itself (${[self, ...way].join(" from ")}); take that out.`,
      );
    if (seen.has(key)) continue;
    seen.add(key);
    const definition = definitions.get(key);
    if (definition) for (const next of tagsIn(definition.expression)) ways.push([...way, next]);
  }
}
