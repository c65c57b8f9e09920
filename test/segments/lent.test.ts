import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/math/random.js";
import { accessTo, type Grant, principalOf, type Thing } from "../../src/people/access.js";
import type { Bound } from "../../src/segments/bind.js";
import { decidedByLent, lentIn, roundedDown } from "../../src/segments/lent.js";

const LENT = { kind: "TAG", key: "vip", department: "sales" } as const;
/** A user is a number; a leaf holds those with its bit, so that every combination of leaves is somebody. */
const LEAVES = 4;
const leaf = (bit: number, lent: boolean): Bound => ({ kind: "ids", userIds: [String(bit)], ...(lent ? { lent: LENT } : {}) });

function holds(where: Bound, user: number): boolean {
  switch (where.kind) {
    case "all":
      return where.of.every((each) => holds(each, user));
    case "any":
      return where.of.some((each) => holds(each, user));
    case "not":
      return !holds(where.of, user);
    case "ids":
      return where.userIds.some((bit) => (user >> Number(bit)) % 2 === 1);
    default:
      throw new Error(where.kind);
  }
}

function randomBound(random: () => number, depth: number): Bound {
  const kind = Math.floor(random() * (depth > 0 ? 5 : 2));
  const parts = () => Array.from({ length: 1 + Math.floor(random() * 3) }, () => randomBound(random, depth - 1));
  if (kind === 2) return { kind: "not", of: randomBound(random, depth - 1) };
  if (kind === 3) return { kind: "all", of: parts() };
  if (kind === 4) return { kind: "any", of: parts() };
  // The first two leaves are lent, the others are not.
  const bit = Math.floor(random() * LEAVES);
  return leaf(bit, bit < 2);
}

describe("those whom only what was lent tells in or out", () => {
  test("are at least all whose answer changes with it, over random expressions; and without it nobody", () => {
    const random = seededRandom(7);
    let decidedOnes = 0;
    for (let round = 0; round < 5_000; round++) {
      const where = randomBound(random, 4);
      const decided = decidedByLent(where);
      for (let user = 0; user < 2 ** LEAVES; user++) {
        // The same user with every state of what was lent.
        const answers = new Set([0, 1, 2, 3].map((lent) => holds(where, (user & ~3) | lent)));
        const isDecided = holds(decided, user);
        if (answers.size > 1) expect(isDecided, JSON.stringify(where)).toBe(true);
        if (!lentIn([where])) expect(isDecided).toBe(false);
        decidedOnes += Number(isDecided);
      }
    }
    expect(decidedOnes).toBeGreaterThan(1_000);
  });

  test("do not grow by padding", () => {
    const one = (lent: Bound): Bound => ({ kind: "any", of: [{ kind: "all", of: [lent, leaf(3, false)] }, leaf(2, false)] });
    const users = Array.from({ length: 2 ** LEAVES }, (_, user) => user);
    const decided = users.filter((user) => holds(decidedByLent(one(leaf(0, true))), user));
    // Only those in the fourth leaf and not in the third, which pads.
    expect(decided.every((user) => (user >> 3) % 2 === 1 && (user >> 2) % 2 === 0)).toBe(true);
    expect(decided.length).toBe(4);
  });
});

test("numbers are told down to the multiple below", () => {
  expect([0, 9, 10, 19, 20, 1_234].map((count) => roundedDown(count, 10))).toEqual([0, 0, 10, 10, 20, 1_230]);
});

describe("the right on a thing", () => {
  const now = new Date("2026-01-01T00:00:00Z");
  const thing = (visibility: Thing["visibility"]): Thing => ({ kind: "TAG", id: 1, department: { key: "sales" }, visibility });
  const grant = (right: Grant["right"], expiresAt: Date | null = null, other: Partial<Grant> = {}): Grant => ({
    kind: "TAG",
    thingId: 1,
    department: "service",
    right,
    expiresAt,
    ...other,
  });
  const of = (department: string | null, visibility: Thing["visibility"], grants: readonly Grant[] = []) =>
    accessTo(principalOf({ role: "ANALYST", department }), thing(visibility), grants, now);

  test.each([
    ["its own department's", of("sales", "PRIVATE"), "READ"],
    ["everybody's where it is PUBLIC, also of no department", of(null, "PUBLIC"), "READ"],
    ["nobody else's where it is PRIVATE, whatever was granted", of("service", "PRIVATE", [grant("READ")]), "NONE"],
    ["nobody else's where nothing was granted", of("service", "SHARED"), "NONE"],
    ["what was granted", of("service", "SHARED", [grant("USE_IN_SEGMENTS")]), "USE_IN_SEGMENTS"],
    ["the higher of two", of("service", "SHARED", [grant("USE_IN_SEGMENTS"), grant("READ")]), "READ"],
    ["nothing from the instant on at which the grant ends", of("service", "SHARED", [grant("READ", now)]), "NONE"],
    ["that until then", of("service", "SHARED", [grant("READ", new Date(now.getTime() + 1))]), "READ"],
    ["none by a grant to another", of("product", "SHARED", [grant("READ")]), "NONE"],
    ["none by a grant on another", of("service", "SHARED", [grant("READ", null, { thingId: 2 })]), "NONE"],
    ["none by a grant on another kind", of("service", "SHARED", [grant("READ", null, { kind: "SEGMENT" })]), "NONE"],
    ["none of somebody of no department", of(null, "SHARED", [grant("READ")]), "NONE"],
  ])("is %s", (_name, found, expected) => {
    expect(found).toBe(expected);
  });

  test("is all of it the owner's", () => {
    expect(accessTo(principalOf({ role: "OWNER", department: null }), thing("PRIVATE"), [], now)).toBe("READ");
  });
});
