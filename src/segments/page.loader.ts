import { TidemarkError } from "../errors.js";
import { type Connection, decodeCursor, pageOf, pageSize } from "../page.js";
import { type UserRow, userById } from "../people/user.loader.js";
import type { RequestContext } from "../request.js";
import { chosenDefinition, definitionsOfRequest } from "../scores/churn-definition.loader.js";
import { mayReadScores } from "../scores/churn-model.loader.js";
import type { Pool } from "../store/pool.js";
import type { Bound } from "./bind.js";
import { pageOfBits } from "./bitmap-page.loader.js";
import type { Instant } from "./compile.js";
import { countUsers } from "./population.loader.js";
import { type PagePlace, type PageQuestion, pageStatement, type UserOrder } from "./statement.js";
import { refuseListing } from "./telling.loader.js";

export interface UserPageQuestion {
  readonly where: Bound | undefined;
  readonly at: Instant;
  readonly orderBy: UserOrder;
  readonly first: number;
  readonly after: string | null | undefined;
}

export type UserPage = Connection<UserRow> & { readonly totalCount: Promise<number> };

/** A page of users in a stable order; counting all of them is left until it is asked for. */
export async function userPage(
  context: RequestContext,
  { where, at, orderBy, first, after }: UserPageQuestion,
): Promise<UserPage> {
  refuseListing([where]);
  const { pool } = context.store;
  const limit = pageSize(first) + 1;
  const place = after === null || after === undefined ? undefined : placeOf(after, orderBy);
  const definitionId = orderBy.startsWith("CHURN_PROBABILITY") ? await defaultDefinitionId(context) : 0;
  const question = { where, at, orderBy, after: place, limit, definitionId };
  const rows = (await pageOfBits(pool, question)) ?? (await pageOfRows(pool, question));
  const shown = rows.slice(0, first);
  const users = new Map(
    (await userById(context).loadMany(shown.map(({ id }) => id))).flatMap((user) =>
      user === null || user instanceof Error ? [] : [[user.id, user]],
    ),
  );
  // A user who was erased between the two statements is left out, and the page still goes on where it stood.
  const page = pageOf(
    rows.filter((row, i) => i >= first || users.has(row.id)),
    Math.min(first, users.size),
    ({ id, probability }) => [orderBy, probability, id],
    ({ id }) => users.get(id)!,
  );
  return {
    ...page,
    pageInfo: { ...page.pageInfo, hasNextPage: rows.length > first, hasPreviousPage: place !== undefined },
    get totalCount() {
      return countUsers(pool, [where], at).then(([count]) => count!);
    },
  };
}

async function pageOfRows(pool: Pool, question: PageQuestion): Promise<readonly PagePlace[]> {
  const { text, values } = pageStatement(question);
  return (await pool.run<PagePlace>(text, values)).rows;
}

/** 0, which no score has, where there is no definition yet, or its scores are not shown to the viewer. */
async function defaultDefinitionId(context: RequestContext): Promise<number> {
  const definitions = await definitionsOfRequest(context);
  if (definitions.length === 0) return 0;
  const { id } = chosenDefinition(definitions, null);
  // An order gives scores away as well.
  return (await mayReadScores(context, id)) ? id : 0;
}

function placeOf(cursor: string, orderBy: UserOrder): PagePlace {
  const [order, probability, id] = decodeCursor(cursor, 3);
  if (
    order !== orderBy ||
    typeof id !== "string" ||
    !/^\d{1,18}$/.test(id) ||
    !(probability === null || typeof probability === "number")
  )
    throw new TidemarkError(
      "BAD_INPUT",
      `That cursor is not one of this list in the order ${orderBy}; pass endCursor as it was answered, or leave after out.`,
    );
  return { probability, id };
}
