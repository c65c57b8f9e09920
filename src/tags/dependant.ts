import type { RequestContext } from "../request.js";

/** Something that is made from a tag. */
export interface Dependant {
  readonly __typename: string;
  readonly key: string;
  readonly name: string;
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
  return keys.map((key) => found.flatMap((byKey) => byKey.get(key) ?? []));
}
