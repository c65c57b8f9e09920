import { readFileSync } from "node:fs";
import { Kind, type OperationDefinitionNode, parse, validate } from "graphql";
import { getVariableValues } from "graphql/execution/values.js";
import { describe, expect, test } from "vitest";
import { STARTING_OPERATIONS, startingTabs } from "../../src/graphiql/tabs.js";
import { buildGraph } from "../../src/schema.js";

const read = (client: string) => readFileSync(`schema/operations/${client}.graphql`, "utf8");
const schema = buildGraph();
const tabs = startingTabs({ app: read("app"), crm: read("crm"), analyst: read("analyst") });

describe("the tabs that the explorer starts with", () => {
  test("RiskProfile first, then app, crm and analyst", () => {
    const operations = tabs.map(({ query }) => parse(query).definitions[0] as OperationDefinitionNode);
    expect(operations.map(({ name }) => name?.value)).toEqual(STARTING_OPERATIONS);
    expect(STARTING_OPERATIONS[0]).toBe("RiskProfile");
    expect([...new Set(tabs.map(({ query }) => /^# (\w+):/.exec(query)?.[1]))]).toEqual(["app", "crm", "analyst"]);
  });

  test.each(tabs.map((tab, index) => ({ ...tab, name: STARTING_OPERATIONS[index] })))(
    "$name fits the schema, and so do its variables",
    ({ query, variables }) => {
      const document = parse(query);
      expect(validate(schema, document).map(({ message }) => message)).toEqual([]);
      const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)!;
      const { errors } = getVariableValues(
        schema,
        operation.variableDefinitions ?? [],
        JSON.parse(variables) as Record<string, unknown>,
      );
      expect(errors?.map(({ message }) => message)).toBeUndefined();
    },
  );
});
