import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, test } from "vitest";

// The rooms in pipeline order: a room imports those before it, the foundations, and nothing after it.
const ROOMS = ["people", "events", "tags", "scores", "tiers", "segments", "actions", "simulation"];
// May be imported by every room, and import no room.
const FOUNDATIONS = ["store", "request.ts", "errors.ts", "page.ts", "export.ts", "node.ts", "scalars.ts"];
// Inside a room: a file may import those at or before its own place.
const ROLES = ["pure", "entity", "type", "loader", "step", "resolver", "export"];
const FEWEST_FILES = 60;

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && !file.startsWith("graphiql"))
  .sort();
const imports: Import[] = [];
const packages: { from: string; name: string }[] = [];
for (const from of files) {
  const text = readFileSync(join("src", from), "utf8");
  for (const [, specifier] of text.matchAll(
    /(?:^|\n)\s*(?:import|export)[^"';]*?from "([^"]+)"|(?:^|\n)import "([^"]+)"|import\("([^"]+)"\)/g,
  )) {
    if (specifier === undefined) continue;
    if (!specifier.startsWith(".")) packages.push({ from, name: specifier });
    else imports.push({ from, to: relative(".", normalize(join(dirname(from), specifier))).replace(/\.js$/, ".ts") });
  }
}

const roomOf = (file: string) => (file.includes("/") ? file.slice(0, file.indexOf("/")) : "");
const roleOf = (file: string) => /\.(entity|type|loader|step|resolver|export)\.ts$/.exec(file)?.[1] ?? "pure";
const isPureRoom = (file: string) => ["math", "learn"].includes(roomOf(file));
const isFoundation = (file: string) => FOUNDATIONS.includes(roomOf(file)) || FOUNDATIONS.includes(file);
const lines = (found: readonly Import[]) => found.map(({ from, to }) => `${from} -> ${to}`);

describe("the house stays easy to see", () => {
  test("every file was read", () => {
    expect(files.length).toBeGreaterThanOrEqual(FEWEST_FILES);
    expect(imports.length).toBeGreaterThan(files.length);
    expect(
      imports.filter(({ to }) => !files.includes(to) && !to.includes("graphiql")).map(({ from, to }) => `${from} -> ${to}`),
    ).toEqual([]);
  });

  test("math imports nothing, learn imports math and ml-random-forest only", () => {
    // The one package of learning, itself pure: forests of small samples are grown by it.
    expect(packages.filter(({ from }) => isPureRoom(from))).toEqual([
      { from: "learn/package-forest.ts", name: "ml-random-forest" },
    ]);
    expect(lines(imports.filter(({ from, to }) => roomOf(from) === "math" && roomOf(to) !== "math"))).toEqual([]);
    expect(lines(imports.filter(({ from, to }) => roomOf(from) === "learn" && !isPureRoom(to)))).toEqual([]);
  });

  test("the foundations import no room", () => {
    expect(lines(imports.filter(({ from, to }) => isFoundation(from) && !isFoundation(to) && !isPureRoom(to)))).toEqual([]);
  });

  test("a room imports earlier rooms only, and nobody imports the root's lists", () => {
    const wrong = imports.filter(({ from, to }) => {
      const here = ROOMS.indexOf(roomOf(from));
      if (here < 0) return false;
      if (isFoundation(to) || isPureRoom(to)) return false;
      const there = ROOMS.indexOf(roomOf(to));
      return there < 0 || there > here;
    });
    expect(lines(wrong)).toEqual([]);
  });

  test("every folder is a room that is known here", () => {
    const known = new Set([...ROOMS, "math", "learn", "store", "", "gate", "graphiql", "live"]);
    expect(files.filter((file) => !known.has(roomOf(file)))).toEqual([]);
  });

  test("in a room: pure <- entity, type <- loader, step <- resolver", () => {
    const rank = { pure: 0, entity: 1, type: 1, loader: 2, step: 2, resolver: 3, export: 3 } as Record<string, number>;
    const wrong = imports.filter(
      ({ from, to }) =>
        ROOMS.includes(roomOf(from)) &&
        roomOf(from) === roomOf(to) &&
        roleOf(from) !== "pure" &&
        rank[roleOf(to)]! > rank[roleOf(from)]!,
    );
    expect(ROLES).toContain("pure");
    expect(lines(wrong)).toEqual([]);
  });

  test("only main, cli and config read the environment", () => {
    const readers = files.filter((file) => /process\.env/.test(readFileSync(join("src", file), "utf8")));
    expect(readers.filter((file) => !["main.ts", "cli.ts", "config.ts"].includes(file))).toEqual([]);
  });

  test("decorators stand in types and resolvers only", () => {
    const decorated = files.filter((file) =>
      /^\s*@(Field|ObjectType|Resolver|InputType|Query|Mutation)\(/m.test(readFileSync(join("src", file), "utf8")),
    );
    expect(
      decorated.filter((file) => !["type", "resolver"].includes(roleOf(file)) && !["page.ts", "node.ts"].includes(file)),
    ).toEqual([]);
  });
});
