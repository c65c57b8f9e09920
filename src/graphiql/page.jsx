import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./page.css";
import { GraphiQL } from "graphiql";
import { Kind, parse } from "graphql";
import { createClient } from "graphql-sse";
import { createRoot } from "react-dom/client";
import analyst from "../../schema/operations/analyst.graphql?raw";
import app from "../../schema/operations/app.graphql?raw";
import crm from "../../schema/operations/crm.graphql?raw";
import { startingTabs } from "./tabs.ts";

/** One operation at a time to the service that served this page; refusals are answers, so they are shown like any other. */
async function send(asked, { headers } = {}) {
  const operations = operationsIn(asked.query);
  // For a moment after a tab was opened GraphiQL still names the last tab's operation.
  const chosen = operations.find(({ name }) => name?.value === asked.operationName) ?? operations[0];
  const operation = { ...asked, operationName: chosen?.name?.value };
  if (chosen?.operation === "subscription") return createClient({ url: "/graphql", headers }).iterate(operation);
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...headers },
    body: JSON.stringify(operation),
  });
  return response.json();
}

function operationsIn(query) {
  try {
    return parse(query).definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  } catch {
    // The service says what is wrong with it.
    return [];
  }
}

const tabs = startingTabs({ app, crm, analyst });
// On a first visit GraphiQL fills the first tab's query by itself, but not its variables.
const firstVisit = localStorage.getItem("graphiql:tabState") === null;

createRoot(document.getElementById("page")).render(
  <GraphiQL
    fetcher={send}
    defaultTabs={tabs}
    {...(firstVisit && { initialVariables: tabs[0].variables })}
    defaultEditorToolsVisibility="variables"
    isHeadersEditorEnabled={true}
    shouldPersistHeaders={false}
    inputValueDeprecation={true}
    schemaDescription={true}
  >
    <GraphiQL.Logo>
      <span className="tidemark-name">Tidemark</span>
    </GraphiQL.Logo>
  </GraphiQL>,
);
