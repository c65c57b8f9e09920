import type { Thing } from "../people/access.js";
import type { RequestContext } from "../request.js";
import type { TagDefinition } from "./definition.js";
import { tagsIn } from "./evaluate.js";

/** Something that is made from a tag. */
export interface Dependant {
  readonly __typename: string;
  readonly key: string;
  readonly name: string;
  /** As which it is shown or not. */
  readonly thing: Thing;
}

/** Finds what depends on each of some tags, by key; one statement for all of them. */
export type FindDependants = (
  context: RequestContext,
  keys: readonly string[],
) => Promise<ReadonlyMap<string, readonly Dependant[]>>;

const finders: FindDependants[] = [];

/** Each later room says beside its type what of its own is made from tags; its type implements TagDependant. */
export function registerDependants(find: FindDependants): void {
  finders.push(find);
}

export async function findDependants(context: RequestContext, keys: readonly string[]): Promise<Dependant[][]> {
  const found = await Promise.all(finders.map((find) => find(context, keys)));
  const place = ({ __typename, key }: Dependant) => `${__typename} ${key}`;
  // In an order of their own, whatever the order in which the rooms were loaded.
  return keys.map((key) => found.flatMap((byKey) => byKey.get(key) ?? []).sort((a, b) => (place(a) < place(b) ? -1 : 1)));
}

/** The keys of the tags that a definition is made from, directly, each once. */
export function tagsOfDefinition({ expression, decline }: TagDefinition): string[] {
  const evidence = decline ? [decline.current, decline.baseline, decline.severity.by ?? 0] : [];
  return [...new Set([expression, ...evidence].flatMap(tagsIn))];
}
