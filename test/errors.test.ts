import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ERROR_CODES } from "../src/errors.js";

const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && file !== "errors.ts",
);
const text = sources.map((file) => readFileSync(join("src", file), "utf8")).join("\n");

test("docs/errors.md lists every code with what it means, and no other", () => {
  const listed = [...readFileSync("docs/errors.md", "utf8").matchAll(/^\| `([A-Z_]+)` \| (.+) \|$/gm)].map(
    ([, code, meaning]) => [code, meaning],
  );
  expect(Object.fromEntries(listed)).toEqual(ERROR_CODES);
});

test("every code that is declared is said somewhere, and every code that is said is declared", () => {
  const declared = Object.keys(ERROR_CODES);
  expect(declared.filter((code) => !new RegExp(`["']${code}["']`).test(text))).toEqual([]);
  const said = [...text.matchAll(/new TidemarkError\(\s*["']([A-Z_]+)["']/g)].map(([, code]) => code!);
  expect(said.filter((code) => !declared.includes(code))).toEqual([]);
});
