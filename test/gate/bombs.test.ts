import { expect, test } from "vitest";
import { HttpRefusal } from "../../src/gate/refusal.js";
import { gate } from "../../src/gate.js";
import { type Bomb, bombs } from "../graph/bombs.js";

// A bound on hanging, not on speed: the worst of these takes a server without a gate some 20 seconds.
const LONGEST_MS = 1_000;
// What the HTTP server refuses on its own, and what only its size makes slow to read.
const small = bombs.filter((bomb) => bomb.status === undefined);

function requestOf(bomb: Bomb) {
  const body = bomb.body ?? JSON.stringify({ query: bomb.query, variables: bomb.variables });
  return {
    method: bomb.method ?? "POST",
    contentType: "application/json",
    contentEncoding: undefined,
    search: bomb.search ?? "",
    body: typeof body === "string" ? new TextEncoder().encode(body) : body,
  };
}

test.each(small)("$name does not hang", (bomb) => {
  const request = requestOf(bomb);
  // The best of three: another process may take the core away in any one of them.
  const took = [1, 2, 3].map(() => {
    const from = performance.now();
    expect(() => gate(request)).toThrow(HttpRefusal);
    return performance.now() - from;
  });
  expect(Math.min(...took)).toBeLessThan(LONGEST_MS);
});
