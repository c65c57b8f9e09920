import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authenticator, mayIntrospect } from "../../src/authenticate.js";
import { startTestApp, type TestApp } from "../graph/harness.js";

const KEY = "0123456789abcdef0123456789abcdef";

/** By node:http, since fetch will not send another Host or Origin. */
function send(url: string, headers: Record<string, string>, body = '{"query":"{ __typename }"}') {
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const sent = request(url, { method: "POST", headers: { "content-type": "application/json", ...headers } }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

describe("with a key set, every request needs it", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ adminKey: KEY });
  });
  afterAll(() => app.stop());

  test("the key's holder is let in, from anywhere", async () => {
    for (const headers of [
      { authorization: `Bearer ${KEY}` },
      { authorization: `bearer  ${KEY}`, host: "crm.example", origin: "https://crm.example" },
    ])
      expect((await send(app.url, headers)).status).toBe(200);
  });

  test.each([
    ["no key", {}],
    ["another key", { authorization: "Bearer fedcba9876543210fedcba9876543210" }],
    ["the key and more", { authorization: `Bearer ${KEY}0` }],
    ["the key's beginning", { authorization: `Bearer ${KEY.slice(0, -1)}` }],
    ["the key under another scheme", { authorization: `Basic ${KEY}` }],
    ["the key alone", { authorization: KEY }],
    ["nothing after the scheme", { authorization: "Bearer " }],
    ["a key of 8 kB", { authorization: `Bearer ${"k".repeat(8_000)}` }],
  ])("%s is turned away before the body is parsed", async (_name, headers) => {
    const { status, headers: answered, text } = await send(app.url, headers as Record<string, string>, "{ not even JSON");
    expect(status).toBe(401);
    expect(answered["www-authenticate"]).toMatch(/^Bearer/);
    expect(JSON.parse(text)).toEqual({
      errors: [{ message: expect.stringContaining("Authorization: Bearer"), extensions: { code: "UNAUTHENTICATED" } }],
    });
  });

  test("health and the explorer's page need none: they hold no data", async () => {
    for (const path of ["/healthz", "/readyz"]) expect((await fetch(new URL(path, app.url))).status).toBe(200);
    expect((await fetch(new URL("/graphiql", app.url))).status).not.toBe(401);
  });
});

describe("without a key, on loopback and the embedded store", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());
  const port = () => new URL(app.url).port;

  test("the local owner needs none", async () => {
    expect((await send(app.url, {})).status).toBe(200);
    expect(
      (
        await send(app.url, {
          host: `localhost:${port()}`,
          origin: `http://localhost:${port()}`,
          "sec-fetch-site": "same-origin",
        })
      ).status,
    ).toBe(200);
    expect((await send(app.url, { host: `[::1]:${port()}` })).status).toBe(200);
    expect((await send(app.url, { host: "localhost:8080", origin: "http://localhost:8080" })).status).toBe(200);
  });

  test.each([
    ["a name rebound to this machine", { host: "evil.example" }],
    ["a name that begins like this machine's", { host: "127.0.0.1.evil.example" }],
    ["a page of another site", { origin: "https://evil.example" }],
    ["a page of another port", { origin: "http://127.0.0.1:1" }],
    ["a page without an origin", { origin: "null" }],
    ["a link from another site", { "sec-fetch-site": "cross-site" }],
    ["a page of another port, by what the browser says", { "sec-fetch-site": "same-site" }],
  ])("%s is turned away", async (_name, headers) => {
    const { status, text } = await send(app.url, headers as Record<string, string>);
    expect(status).toBe(403);
    expect(JSON.parse(text).errors[0]).toMatchObject({
      message: expect.stringContaining("TIDEMARK_ADMIN_KEY"),
      extensions: { code: "FORBIDDEN" },
    });
  });

  test("a key that is not known is not taken for none", async () => {
    expect((await send(app.url, { authorization: `Bearer ${KEY}` })).status).toBe(401);
  });
});

describe("where no key is set and none may be left out", () => {
  test.each([
    ["a Postgres of one's own", "127.0.0.1", false],
    ["an address that others reach", "0.0.0.0", true],
  ])("%s: nobody is let in", (_name, host, embedded) => {
    expect(() => authenticator({ host, adminKey: undefined }, embedded, undefined)({ host: "127.0.0.1" })).toThrow(
      /carries no key/,
    );
  });
});

test("the schema is shown to owners and analysts", () => {
  expect((["OWNER", "ANALYST", "CRM", "APP"] as const).filter((role) => mayIntrospect({ role }))).toEqual(["OWNER", "ANALYST"]);
});
