import { auditServer } from "graphql-http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "./harness.js";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

test("the 61 audits of GraphQL over HTTP: none is missed", async () => {
  const results = await auditServer({ url: app.url, fetchFn: fetch });
  const missed = results
    .filter(({ status }) => status !== "ok")
    .map(({ id, name, ...rest }) => `${id} ${name}: ${"reason" in rest ? rest.reason : ""}`);
  expect(missed).toEqual([]);
  expect(results).toHaveLength(61);
});

const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(app.url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });

describe("what is answered", () => {
  test("GET is for queries", async () => {
    expect(await (await fetch(`${app.url}?query=%7Bservice%7Bsimulated%7D%7D`)).json()).toEqual({
      data: { service: { simulated: false } },
    });
    expect(
      (await fetch(`${app.url}?query=mutation%7B__typename%7D`, { headers: { accept: "application/graphql-response+json" } }))
        .status,
    ).toBe(405);
  });

  test("an unknown field is named with what is meant, for whoever may see the schema", async () => {
    const { errors } = await app.answer("{ service { simulatd } }");
    expect(errors![0]!.message).toContain('Did you mean "simulated"?');
    expect(errors![0]!.extensions).toEqual({ code: "GRAPHQL_VALIDATION_FAILED" });
  });

  test("no stack, no plugin's extension and no header tells what runs inside", async () => {
    const response = await post({ query: "{ service { nothing } }" });
    expect(response.headers.get("x-powered-by")).toBeNull();
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(JSON.stringify(await response.json())).not.toMatch(/stacktrace|node_modules|\.ts/);
  });

  test("a persisted query is refused by its code", async () => {
    const { errors } = (await (await post({ extensions: { persistedQuery: { version: 1, sha256Hash: "x" } } })).json()) as any;
    expect(errors[0].extensions.code).toBe("PERSISTED_QUERY_NOT_SUPPORTED");
  });

  test("an operation named that is not there", async () => {
    const { errors } = (await (await post({ query: "query A { __typename }", operationName: "B" })).json()) as any;
    expect(errors[0].extensions.code).toBe("OPERATION_RESOLUTION_FAILURE");
  });

  test("a subscription is told where it is answered", async () => {
    const { errors } = await app.answer("subscription { riskTierChanged { reason } }");
    expect(errors).toMatchObject([{ message: expect.stringContaining("text/event-stream"), extensions: { code: "BAD_INPUT" } }]);
  });

  test("nothing elsewhere, as JSON with the way to what there is", async () => {
    const response = await fetch(new URL("/admin/../secret%00", app.url));
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      errors: [{ message: expect.stringContaining("/graphql"), extensions: { code: "NOT_FOUND" } }],
    });
    expect((await fetch(new URL("/%E0%A4%A", app.url))).status).toBe(404);
  });

  test("the root leads to the explorer", async () => {
    const response = await fetch(new URL("/", app.url), { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([302, "/graphiql"]);
  });
});
