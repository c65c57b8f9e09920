import { eventTypes } from "../events/event-type.loader.js";
import type { Session } from "../store/pool.js";
import type { TagDefinition } from "./definition.js";
import { tagsIn } from "./evaluate.js";
import { ExpressionError, parseExpression } from "./parse.js";
import type { TagCatalogue } from "./tag.loader.js";

/**
 * Reads a definition that came from outside, for a tag of a kind.
 *
 * @param self the tag's own key where it exists: it cannot be made from itself, nor from tags that are made from it
 * @throws ExpressionError naming the place
 */
export async function readDefinition(
  session: Session,
  catalogue: TagCatalogue,
  { input, kind, self }: { readonly input: unknown; readonly kind: "RULE" | "METRIC"; readonly self?: string },
): Promise<TagDefinition> {
  const types = new Set((await eventTypes(session)).map(({ key }) => key));
  const expression = parseExpression(input, kind === "RULE" ? "condition" : "number", {
    isComputedTag: (key) => catalogue.definitions.has(key) && catalogue.byKey.get(key)!.state !== "RETIRED",
    isEventType: (key) => types.has(key),
  });
  if (self !== undefined) refuseCircle(tagsIn(expression), self, catalogue);
  return { expression };
}

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
