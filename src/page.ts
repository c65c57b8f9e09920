import "reflect-metadata";
import { type ClassType, Field, Int, ObjectType } from "type-graphql";
import { TidemarkError } from "./errors.js";

export const LARGEST_PAGE = 500;

@ObjectType({ description: "Relay: whether there is more, and the cursors to go on from." })
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;
  @Field(() => Boolean)
  hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true })
  startCursor!: string | null;
  @Field(() => String, { nullable: true })
  endCursor!: string | null;
}

export interface Edge<T> {
  readonly cursor: string;
  readonly node: T;
}

export interface Connection<T> {
  readonly edges: readonly Edge<T>[];
  readonly nodes: readonly T[];
  readonly pageInfo: PageInfo;
}

/** A page from rows that were read with `limit first + 1`; the keyset of a row becomes its cursor. */
export function pageOf<Row, T = Row>(
  rows: readonly Row[],
  first: number,
  keyset: (row: Row) => readonly unknown[],
  node: (row: Row) => T,
): Connection<T> {
  const edges = rows.slice(0, first).map((row) => ({ cursor: encodeCursor(keyset(row)), node: node(row) }));
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    pageInfo: {
      hasNextPage: rows.length > first,
      hasPreviousPage: false,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** Bounds a page: 1 to 500 rows. */
export function pageSize(first: number): number {
  if (!Number.isInteger(first) || first < 1 || first > LARGEST_PAGE)
    throw new TidemarkError(
      "BAD_INPUT",
      `first is ${first}; a page has 1 to ${LARGEST_PAGE} rows. Ask for the next page with after.`,
    );
  return first;
}

/** Opaque to clients: the keyset of the row that the page ended with. */
export function encodeCursor(keyset: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(keyset), "utf8").toString("base64url");
}

/** @throws TidemarkError BAD_INPUT */
export function decodeCursor(cursor: string, length: number): unknown[] {
  try {
    const keyset: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (Array.isArray(keyset) && keyset.length === length) return keyset;
  } catch {
    // Falls through to the refusal.
  }
  throw notOfThisList();
}

export function notOfThisList(): TidemarkError {
  return new TidemarkError(
    "BAD_INPUT",
    "That cursor is not one of this list; pass endCursor as it was answered, or leave after out.",
  );
}

/** The id that a page ended with, of a list whose keyset is the id alone; null from the beginning. */
export function afterId(cursor: string | null | undefined): string | null {
  if (!cursor) return null;
  const id = String(decodeCursor(cursor, 1)[0]);
  if (!/^\d{1,18}$/.test(id)) throw notOfThisList();
  return id;
}

/** The same where ids are integers of 32 bits: beyond what such an id can be, as after the last of them. */
export function afterSmallId(cursor: string | null | undefined): number | null {
  const id = afterId(cursor);
  return id === null ? null : Math.min(Number(id), 0x7fff_ffff);
}

/** The Relay types of a list: <Name>Connection and <Name>Edge; the names are the element's. */
export function connectionOf<T extends object>(name: string, element: ClassType<T>) {
  @ObjectType(`${name}Edge`)
  class ElementEdge {
    @Field(() => String)
    cursor!: string;
    @Field(() => element)
    node!: T;
  }
  @ObjectType(`${name}Connection`)
  class ElementConnection {
    @Field(() => [ElementEdge])
    edges!: ElementEdge[];
    @Field(() => [element])
    nodes!: T[];
    @Field(() => PageInfo)
    pageInfo!: PageInfo;
    @Field(() => Int, { nullable: true, description: "How many there are in all, where it was asked for." })
    totalCount?: number | null;
  }
  return ElementConnection;
}

@ObjectType({ description: "Why a mutation on one thing was refused." })
export class UserError {
  @Field(() => String)
  code!: string;
  @Field(() => String, { description: "A sentence that names the remedy." })
  message!: string;
  @Field(() => [String], { nullable: true, description: "Where in the input." })
  path?: string[] | null;
}

@ObjectType({ description: "A row of a bulk mutation that was not taken." })
export class RowRejection {
  @Field(() => Int, { description: "Its index in the input, from 0." })
  index!: number;
  @Field(() => String)
  code!: string;
  @Field(() => String)
  message!: string;
}

export const LARGEST_BULK = 10_000;
