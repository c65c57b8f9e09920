import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type DocumentNode, Kind, parse, print, validate } from "graphql";
import { describe, expect, test } from "vitest";
import { buildGraph } from "../../src/schema.js";

const CLIENTS = join(process.cwd(), "../shared/clients");
const OPERATIONS = join(process.cwd(), "schema/operations");

// What clients will send and the graph cannot answer yet. The list only shrinks.
const NOT_YET: readonly string[] = [];

const schema = buildGraph();

function operationsIn(directory: string): { name: string; document: DocumentNode; file: string }[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith(".graphql"))
    .flatMap((file) =>
      parse(readFileSync(join(directory, file), "utf8")).definitions.flatMap((definition) =>
        definition.kind === Kind.OPERATION_DEFINITION && definition.name
          ? [{ name: definition.name.value, file, document: { kind: Kind.DOCUMENT as const, definitions: [definition] } }]
          : [],
      ),
    );
}

/** graphql-js finds nothing wrong with the fields of a root type that the schema does not have, so that is asked for first. */
function answerable(document: DocumentNode): boolean {
  const roots = document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? [definition.operation] : [],
  );
  return roots.every((root) => schema.getRootType(root)) && validate(schema, document).length === 0;
}

describe.skipIf(!existsSync(CLIENTS))("the operations that clients send (../shared/clients)", () => {
  const operations = existsSync(CLIENTS) ? operationsIn(CLIENTS) : [];

  test("each is valid against the schema, but for those listed as not answered yet", () => {
    expect(operations.length).toBeGreaterThanOrEqual(30);
    const unanswerable = operations.filter(({ document }) => !answerable(document));
    expect(unanswerable.map(({ name }) => name).sort()).toEqual([...NOT_YET].sort());
  });

  test("the committed operations are the clients' own, word for word", () => {
    const theirs = new Map(operations.map(({ name, document }) => [name, print(document)]));
    const ours = operationsIn(OPERATIONS);
    expect(ours.map(({ name }) => name).sort()).toEqual([...theirs.keys()].filter((name) => !NOT_YET.includes(name)).sort());
    for (const { name, document } of ours) expect(print(document), name).toBe(theirs.get(name));
  });
});

test("every committed operation is valid against the schema", () => {
  for (const { name, document } of operationsIn(OPERATIONS))
    expect(validate(schema, document).map(({ message }) => `${name}: ${message}`)).toEqual([]);
});
