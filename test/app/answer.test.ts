import { ApolloServer } from "@apollo/server";
import { GraphQLError, GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { answering } from "../../src/answer.js";
import { TidemarkError } from "../../src/errors.js";
import type { RequestContext, Role } from "../../src/request.js";

const SECRET = "password=hunter2 at /srv/app/store.ts";
const failures: Record<string, () => unknown> = {
  plain: () => new Error(SECRET),
  text: () => SECRET,
  nothing: () => undefined,
  foreignCode: () => new GraphQLError(SECRET, { extensions: { code: "ANYTHING", secret: SECRET } }),
  internal: () => new GraphQLError(SECRET, { extensions: { code: "INTERNAL" } }),
  apollo: () => new GraphQLError(SECRET, { extensions: { code: "BAD_USER_INPUT" } }),
  sql: () => Object.assign(new Error(`syntax error at ${SECRET}`), { code: "42601" }),
  nul: () => Object.assign(new Error('invalid byte sequence for encoding "UTF8": 0x00'), { code: "22021" }),
  declared: () => new TidemarkError("UNKNOWN_TAG", "There is no tag x; see tags.", { path: ["where"] }),
  scalar: () => new GraphQLError("A TagValue is a number.", { extensions: { code: "BAD_INPUT" } }),
  lost: () => Object.assign(new Error(`connect ECONNREFUSED ${SECRET}`), { code: "ECONNREFUSED" }),
  cut: () => Object.assign(new Error(`terminating connection ${SECRET}`), { code: "57P01" }),
  exhausted: () => new Error("timeout exceeded when trying to connect"),
  busy: () => new TidemarkError("UNAVAILABLE", "Too many requests at once; try again."),
};
const shared = new Error(SECRET);

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: "Query",
    fields: {
      ...Object.fromEntries(
        Object.entries(failures).map(([name, make]) => [name, { type: GraphQLString, resolve: () => Promise.reject(make()) }]),
      ),
      shared: { type: GraphQLString, resolve: () => Promise.reject(shared) },
      never: { type: new GraphQLNonNull(GraphQLString), resolve: () => null },
      page: {
        type: GraphQLInt,
        args: { first: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 5 } },
        resolve: (_root, { first }) => first as number,
      },
    },
  }),
});

describe("what a caller may see of an error", () => {
  let lines: any[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const apollo = new ApolloServer<RequestContext>({ schema, ...answering(log) });
  beforeAll(() => apollo.start());
  afterAll(() => apollo.stop());
  beforeEach(() => {
    lines = [];
  });

  async function ask(query: string, role: Role = "OWNER", variables = {}) {
    const { body, http } = await apollo.executeOperation(
      { query, variables },
      { contextValue: { viewer: { role, name: "" } } as RequestContext },
    );
    return { result: (body as any).singleResult, status: http.status, headers: http.headers };
  }

  test.each(["plain", "text", "nothing", "foreignCode", "internal", "apollo", "sql", "never"])(
    "%s: a defect of ours is masked, and found by its id in the log",
    async (field) => {
      const { result } = await ask(`{ ${field} }`);
      const [error] = result.errors;
      expect(JSON.stringify(result)).not.toContain("hunter2");
      expect(error.extensions).toEqual({ code: "INTERNAL", id: expect.any(String) });
      expect(error.path).toEqual([field]);
      expect(lines).toHaveLength(1);
      expect(lines[0].id).toBe(error.extensions.id);
      if (field === "plain") expect(lines[0].err.stack).toContain("hunter2");
    },
  );

  test("one failed batch is one line in the log however many rows waited for it", async () => {
    const { result } = await ask("{ a: shared b: shared c: shared }");
    expect(new Set(result.errors.map((error: any) => error.extensions.id)).size).toBe(1);
    expect(lines).toHaveLength(1);
  });

  test("what we say ourselves is said as it is", async () => {
    const { result } = await ask("{ declared scalar }");
    expect(result.errors).toMatchObject([
      { message: "There is no tag x; see tags.", extensions: { code: "UNKNOWN_TAG", path: ["where"] } },
      { message: "A TagValue is a number.", extensions: { code: "BAD_INPUT" } },
    ]);
    expect(lines).toEqual([]);
  });

  test("an explicit null where a default would do is the caller's", async () => {
    const { result } = await ask("query ($n: Int = 3) { page(first: $n) }", "OWNER", { n: null });
    expect(result.errors).toMatchObject([
      { message: expect.stringContaining('Argument "first"'), extensions: { code: "BAD_USER_INPUT" } },
    ]);
  });

  test("a NUL that came as far as Postgres is the caller's, too", async () => {
    expect((await ask("{ nul }")).result.errors[0].extensions).toEqual({ code: "BAD_CHARACTER" });
  });

  test.each(["lost", "cut", "exhausted"])(
    "%s: the database is away: 503, when to try again, and nothing of where it is",
    async (field) => {
      const { result, status, headers } = await ask(`{ ${field} }`);
      expect(status).toBe(503);
      expect(headers.get("retry-after")).toBe("1");
      expect(result.errors[0].extensions).toEqual({ code: "STORE_UNAVAILABLE" });
      expect(JSON.stringify(result)).not.toContain("hunter2");
    },
  );

  test("overload is a 503 as well", async () => {
    expect((await ask("{ busy }")).status).toBe(503);
  });

  test("suggestions are for those who may see the schema; others get one sentence whatever they try", async () => {
    expect((await ask("{ plai }")).result.errors[0].message).toContain('Did you mean "plain"');
    for (const query of ["{ plai }", "{ zzz }", "{ page(firs: 1) }", "{ plain { x } }", "{ page(first: PLAIN) }"]) {
      for (const role of ["CRM", "APP"] as const) {
        expect((await ask(query, role)).result.errors).toEqual([
          {
            message: "The operation does not fit the schema; ask the owner of your key for the operations that you may send.",
            extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
          },
        ]);
      }
    }
  });
});
