import "reflect-metadata";
import { Field, ID, InterfaceType } from "type-graphql";
import { TidemarkError } from "./errors.js";
import type { RequestContext } from "./request.js";

/** Relay: a thing that can be fetched again by its id. */
@InterfaceType({ resolveType: (value: { readonly __typename?: string }) => value.__typename ?? "User" })
export abstract class Node {
  @Field(() => ID)
  id!: string;
}

/** Global ids are opaque to clients: the type's name and its key. */
export function toGlobalId(type: string, id: string | number): string {
  return Buffer.from(`${type}:${id}`, "utf8").toString("base64url");
}

export function fromGlobalId(globalId: string): { type: string; id: string } {
  const match = /^([A-Z][A-Za-z]{0,40}):(\d{1,18})$/.exec(Buffer.from(globalId, "base64url").toString("utf8"));
  if (!match)
    throw new TidemarkError(
      "BAD_INPUT",
      `${JSON.stringify(globalId.slice(0, 60))} is not an id of this API; pass an id as it was answered.`,
    );
  return { type: match[1]!, id: match[2]! };
}

/** The key behind a global id of a given type. */
export function idOf(type: string, globalId: string): string {
  const found = fromGlobalId(globalId);
  if (found.type !== type) throw new TidemarkError("BAD_INPUT", `The id ${globalId} is of a ${found.type}, not of a ${type}.`);
  return found.id;
}

/** Gives the rows of these keys in their order, null where there is none; one statement for all of them. */
export type FetchNodes = (context: RequestContext, ids: readonly string[]) => Promise<readonly (object | null)[]>;

const fetchers = new Map<string, FetchNodes>();

/** Each room says beside its type how `node` and `nodes` fetch it; the door to them is in the people room. */
export function registerNode(type: string, fetch: FetchNodes): void {
  fetchers.set(type, fetch);
}

export function nodeFetcher(type: string): FetchNodes | undefined {
  return fetchers.get(type);
}
