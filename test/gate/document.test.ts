import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { getIntrospectionQuery, Kind, parse, separateOperations } from "graphql";
import { describe, expect, test } from "vitest";
import { bracketDepth, DOCUMENT_BOUNDS, gateDocument, measureDocument } from "../../src/gate/document.js";
import { HttpRefusal } from "../../src/gate/refusal.js";

// Not imported from page.ts: its decorators want a runtime that the gate does without.
const LARGEST_PAGE = Number(/LARGEST_PAGE = (\d+)/.exec(readFileSync("src/page.ts", "utf8"))![1]);

const clients = ["schema/operations", join(process.cwd(), "../shared/clients")].flatMap((directory) => {
  try {
    return readdirSync(directory)
      .filter((file) => file.endsWith(".graphql"))
      .map((file) => ({
        name: `${file} of ${directory.startsWith("schema") ? "the repository" : "the clients"}`,
        text: readFileSync(join(directory, file), "utf8"),
      }));
  } catch {
    return [];
  }
});

const half = ["depth", "selections", "roots", "aliases", "directives", "cost", "pairs"] as const;

describe("what is meant comes through", () => {
  test.each(clients)("every operation in $name, alone and at the largest page", ({ text }) => {
    const operations = Object.values(separateOperations(parse(text)));
    expect(operations.length).toBeGreaterThan(2);
    for (const operation of operations) {
      const facts = measureDocument(operation, { first: 500, ids: Array(500).fill("x"), where: {} });
      for (const bound of half) expect(facts[bound], bound).toBeLessThanOrEqual(DOCUMENT_BOUNDS[bound] / 2);
    }
  });

  test.each(clients)("$name sent whole, as some clients do", ({ text }) => {
    expect(gateDocument(text, { first: 50 })).toBeDefined();
  });

  test("the introspection of GraphiQL, with everything it may ask", () => {
    const query = getIntrospectionQuery({
      schemaDescription: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    expect(gateDocument(query, {})).toMatchObject({ introspects: true, mutates: false });
  });

  test("the bound of a page is the one that pages have", () => expect(DOCUMENT_BOUNDS.page).toBe(LARGEST_PAGE));
});

describe("what is measured", () => {
  const measure = (text: string, variables = {}) => measureDocument(parse(text), variables);

  test("pages multiply what is asked of their rows", () => {
    expect(measure("{ a(first: 10) { nodes { b(last: 5) { nodes { c d } } } } }").cost).toBe(1 + 10 * (1 + 1 + 5 * (1 + 2)));
    expect(measure("query ($n: Int = 7) { a(first: $n) { b } }").cost).toBe(8);
    expect(measure("query ($n: Int = 7) { a(first: $n) { b } }", { n: 3 }).cost).toBe(4);
    expect(measure('{ nodes(ids: ["1", "2"]) { id } }').cost).toBe(3);
  });

  test("a null, a text or a negative number for a page is left to the graph to refuse", () => {
    for (const n of [null, "500", -3, Number.NaN, { valueOf: 5 }])
      expect(measure("query ($n: Int) { a(first: $n) { b } }", { n }).cost).toBe(2);
  });

  test("a document that is remembered is measured anew where its pages are variables", () => {
    const text = "query ($n: Int!) { remembered(first: $n) { b } }";
    expect(gateDocument(text, { n: 2 })!.cost).toBe(3);
    expect(gateDocument(text, { n: 4 })!.cost).toBe(5);
    expect(() => gateDocument(text, { n: 501 })).toThrow(/first is 501/);
  });

  test("brackets in texts and comments do not count", () => {
    expect(bracketDepth('{ a(b: "{{{{", c: """ [[[ \\""" (( """) # ((((\n { d } }')).toBe(2);
    expect(bracketDepth('{ a(b: "\\"{{{{" [1])}')).toBe(3);
  });

  // A document whose fragments are a random acyclic graph, small enough to be written out.
  const selections = (names: readonly string[]) =>
    fc.array(
      fc.oneof(
        fc.constantFrom(
          "a",
          "b",
          "x: a",
          "c { d }",
          "a(first: 3) { b }",
          "... { a }",
          "... @include(if: true) { e @skip(if: true) }",
        ),
        ...(names.length > 0 ? [fc.constantFrom(...names).map((name) => `...${name}`)] : []),
      ),
      { minLength: 1, maxLength: 4 },
    );
  const documents = fc
    .tuple(selections(["F1", "F2", "F3"]), selections(["F2", "F3"]), selections(["F3"]), selections([]))
    .map(
      ([q, f1, f2, f3]) =>
        `{ ${q.join(" ")} } fragment F1 on T { ${f1.join(" ")} } fragment F2 on T { ${f2.join(" ")} } fragment F3 on T { ${f3.join(" ")} }`,
    );

  test("the memoised walk counts what writing every fragment out would count", () => {
    fc.assert(
      fc.property(documents, (text) => {
        const document = parse(text);
        const naive = writtenOut(text);
        const facts = tried(() => measureDocument(document, {}));
        if (naive.roots > DOCUMENT_BOUNDS.roots || naive.aliases > DOCUMENT_BOUNDS.aliases)
          expect(facts).toBeInstanceOf(HttpRefusal);
        else expect(facts).toMatchObject(naive);
      }),
      { numRuns: 500 },
    );
  });

  test("whatever is sent, the gate answers: facts, a refusal, or nothing for what is not GraphQL", () => {
    const tokens = fc.constantFrom(
      "{",
      "}",
      "(",
      ")",
      "[",
      "]",
      "query",
      "mutation",
      "fragment",
      "on",
      "F",
      "...F",
      "a",
      "b:",
      "$v",
      "@d",
      '"',
      '"""',
      "#",
      "\n",
      "1",
      "-",
      "!",
      "first:",
      "900",
      "\\",
      "\u0000",
      "\ud800",
      "__schema",
      "&",
      "|",
      "=",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(tokens, { maxLength: 60 }).map((parts) => parts.join(" ")),
          fc.string({ unit: "binary", maxLength: 200 }),
        ),
        fc.dictionary(fc.string(), fc.anything()),
        (text, variables) => {
          const result = tried(() => gateDocument(text, variables));
          expect(result === undefined || result instanceof HttpRefusal || typeof result === "object").toBe(true);
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

function tried<T>(work: () => T): T | HttpRefusal {
  try {
    return work();
  } catch (error) {
    if (error instanceof HttpRefusal) return error;
    throw error;
  }
}

/** The plain way: every fragment pasted in where it is spread, no memory. */
function writtenOut(text: string) {
  const document = parse(text);
  const fragments = new Map(
    document.definitions.flatMap((d) => (d.kind === Kind.FRAGMENT_DEFINITION ? [[d.name.value, d] as const] : [])),
  );
  const count = { depth: 0, selections: 0, roots: 0, aliases: 0, directives: 0, cost: 0 };
  const visit = (set: any, level: number, rows: number) => {
    for (const s of set.selections) {
      count.selections++;
      count.directives += s.directives.length;
      if (s.kind === Kind.FIELD) {
        count.depth = Math.max(count.depth, level);
        if (level === 1) count.roots++;
        if (s.alias) count.aliases++;
        count.cost += rows;
        if (s.selectionSet) visit(s.selectionSet, level + 1, rows * Number(s.arguments[0]?.value.value ?? 1));
      } else visit(s.selectionSet ?? fragments.get(s.name.value)!.selectionSet, level, rows);
    }
  };
  for (const d of document.definitions) if (d.kind === Kind.OPERATION_DEFINITION) visit(d.selectionSet, 1, 1);
  return count;
}
