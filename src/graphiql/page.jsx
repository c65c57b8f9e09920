import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./page.css";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import analyst from "../../schema/operations/analyst.graphql?raw";
import app from "../../schema/operations/app.graphql?raw";
import crm from "../../schema/operations/crm.graphql?raw";
import { startingTabs } from "./tabs.ts";

/** One operation at a time to the service that served this page; refusals are answers, so they are shown like any other. */
async function send(operation, { headers } = {}) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...headers },
    body: JSON.stringify(operation),
  });
  return response.json();
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
