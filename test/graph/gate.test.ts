import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bomb, bombs } from "./bombs.js";
import { startTestApp, type TestApp } from "./harness.js";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

interface Reply {
  readonly status: number;
  readonly body: { errors: { message: string; extensions: { code: string } }[]; data?: unknown };
}

/** Sent by node:http, which lets a test send what fetch would correct. */
function send(bomb: Bomb): Promise<Reply> {
  const body = bomb.body ?? JSON.stringify({ query: bomb.query, variables: bomb.variables });
  return new Promise((resolve, reject) => {
    const sent = request(
      app.url + (bomb.search ?? ""),
      {
        method: bomb.method ?? "POST",
        headers: { "content-type": "application/json", "apollo-require-preflight": "1", ...bomb.headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode!, body: JSON.parse(Buffer.concat(chunks).toString()) as Reply["body"] }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(bomb.method === "GET" ? undefined : body);
  });
}

describe("the gate over HTTP", () => {
  test("bombs enough to mean something", () => expect(bombs.length).toBeGreaterThanOrEqual(60));

  test.each(bombs)("$name is refused before validation, without SQL", async (bomb) => {
    let reply!: Reply;
    const statements = await app.statementsOf(async () => {
      reply = await send(bomb);
    });
    expect(statements).toBe(0);
    expect(reply.status).toBe(bomb.status ?? 400);
    expect(Object.keys(reply.body)).toEqual(["errors"]);
    const [error] = reply.body.errors;
    expect(error!.extensions.code).toMatch(/^(TOO_COMPLEX|BAD_INPUT|BAD_CHARACTER)$/);
    expect(error!.message).toMatch(/^[A-Z{f i].{20,200}\.$/s);
  });

  test("a row of a bulk mutation answers for its own NUL: it comes through the gate", async () => {
    const reply = await send({
      name: "",
      query: "mutation ($input: X!) { recordSomething(input: $input) { accepted } }",
      variables: { input: { events: [{ externalId: "a\0b" }, { externalId: "\udc00" }] } },
    });
    expect(reply.body.errors[0]!.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
  });

  test("what the graph's parser refuses is worded by it, with where it stands", async () => {
    const reply = await send({ name: "", query: "{ service { now }" });
    expect(reply.body.errors[0]).toMatchObject({
      extensions: { code: "GRAPHQL_PARSE_FAILED" },
      locations: [{ line: 1, column: 18 }],
    });
  });
});
