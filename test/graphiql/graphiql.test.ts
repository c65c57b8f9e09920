import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GRAPHIQL_DIRECTORY, GRAPHIQL_SOURCE, ROOT, sourceHash, stampOf } from "../../src/graphiql/built.js";
import { startTestApp, type TestApp } from "../graph/harness.js";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
const SWITCHES =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(
    " ",
  );

describe.skipIf(CHROMIUM === undefined)("GraphiQL in a browser (skipped where no chromium is installed)", () => {
  let app: TestApp;
  let browser: Browser;
  let page: Page;
  const requested: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    if (stampOf(GRAPHIQL_DIRECTORY) !== sourceHash())
      execFileSync(process.execPath, [
        join(ROOT, "node_modules/vite/bin/vite.js"),
        "build",
        GRAPHIQL_SOURCE,
        "--logLevel",
        "error",
      ]);
    app = await startTestApp({ asOf: new Date("2026-11-20T00:00:00Z") });
    browser = await chromium.launch({ executablePath: CHROMIUM!, args: SWITCHES });
    page = await browser.newPage({ viewport: { width: 1500, height: 900 } });
    page.on("request", (request) => requested.push(request.url()));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(new URL("/graphiql", app.url).href);
    await page.waitForSelector(".graphiql-query-editor .view-line");
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });

  const answerMatches = (pattern: RegExp) => page.locator(".result-window", { hasText: pattern }).waitFor();

  test("is called Tidemark and starts with the clients' operations, an app's first", async () => {
    expect(await page.title()).toBe("Tidemark");
    const tabs = await page.locator(".graphiql-tab-button").allTextContents();
    expect(tabs.slice(0, 3)).toEqual(["RiskProfile", "AtRiskUsers", "RecordEvents"]);
    expect(tabs.length).toBeGreaterThanOrEqual(8);
    expect(await page.locator(".graphiql-query-editor").textContent()).toContain("RiskProfile");
    await page.locator(".graphiql-editor-tool", { hasText: "sim-00001" }).waitFor();
  });

  test("knows the schema: the documentation lists what may be asked", async () => {
    await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
    await page.waitForSelector(".graphiql-doc-explorer-root-type, .graphiql-doc-explorer-content a");
    await page.getByRole("button", { name: "Hide Documentation Explorer" }).click();
  });

  test("lets a key be pasted among the headers", async () => {
    await page.getByRole("button", { name: "Headers" }).click();
    expect(await page.locator(".graphiql-editor-tool section, .graphiql-editor-tool .graphiql-editor").count()).toBeGreaterThan(
      1,
    );
    await page.getByRole("button", { name: "Variables" }).click();
  });

  test("runs an operation and shows its answer", async () => {
    // The new tab's editor still shows the last tab's text for a moment; whoever types sooner adds to that.
    await page.getByRole("button", { name: "New tab" }).click();
    const text = page.locator(".graphiql-query-editor .view-lines");
    await page.locator(".graphiql-tab-active", { hasText: "<untitled>" }).waitFor();
    await text.filter({ hasText: /^\s*$/ }).waitFor();
    await text.click();
    await page.keyboard.insertText("{ service { simulated now } }");
    await text.filter({ hasText: "simulated" }).waitFor();
    await page.getByRole("button", { name: /Execute query/ }).click();
    await answerMatches(/"now":\s"2026-11-20T00:00:00.000Z"/);
  });

  test("shows a subscription's events as they come", async () => {
    await page.getByRole("button", { name: "New tab" }).click();
    const text = page.locator(".graphiql-query-editor .view-lines");
    await text.filter({ hasText: /^\s*$/ }).waitFor();
    await text.click();
    await page.keyboard.insertText('subscription { tagChanged(tags: ["satisfaction"]) { after } }');
    await text.filter({ hasText: "tagChanged" }).waitFor();
    await page.getByRole("button", { name: /Execute query/ }).click();
    while (app.app.live.subscriptions() === 0) await page.waitForTimeout(20);
    await app.graph(`mutation { upsertUsers(input: {users: [{externalId: "ann"}]}) { created } }`);
    await app.graph(
      `mutation { assignTags(input: {assignments: [{externalId: "ann", tag: "satisfaction", value: 7}]}) { assigned } }`,
    );
    await answerMatches(/"after":\s7/);
  });

  test("the first tab's answer comes from the schema or names what is wrong: nothing is swallowed", async () => {
    await page.locator(".graphiql-tab-button").first().click();
    await page.getByRole("button", { name: /Execute query/ }).click();
    await answerMatches(/"user"|"errors"/);
  });

  test("asked nothing of any other origin, and the console has no error", async () => {
    const origin = new URL(app.url).origin;
    const foreign = requested.filter(
      (url) => !url.startsWith(`${origin}/`) && !url.startsWith("data:") && !url.startsWith(`blob:${origin}`),
    );
    expect(foreign).toEqual([]);
    expect(requested.length).toBeGreaterThan(5);
    expect(complaints).toEqual([]);
  });
});
