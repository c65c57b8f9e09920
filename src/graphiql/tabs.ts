import { Kind, parse } from "graphql";

export type Client = "app" | "crm" | "analyst";

/** What the page starts with: the clients' main operations, with variables that the simulated population can answer. */
const TABS: readonly {
  readonly client: Client;
  readonly operation: string;
  readonly says: string;
  readonly variables: object;
}[] = [
  {
    client: "app",
    operation: "RiskProfile",
    says: "One user: how likely to fall silent, why, and what changed.",
    variables: { externalId: "sim-00001", source: "simulated" },
  },
  {
    client: "app",
    operation: "AtRiskUsers",
    says: "A tier's users, likeliest to leave first; next page: after.",
    variables: { tier: "HIGH", first: 20 },
  },
  {
    client: "crm",
    operation: "RecordEvents",
    says: "Events in; the same eventId again is a duplicate, no change.",
    variables: {
      input: {
        events: [
          {
            externalId: "sim-00001",
            source: "simulated",
            type: "visit",
            occurredAt: "2026-11-01T09:30:00Z",
            eventId: "example-1",
          },
          {
            externalId: "sim-00002",
            source: "simulated",
            type: "order",
            occurredAt: "2026-11-01T10:00:00Z",
            eventId: "example-2",
            amount: 49.9,
          },
        ],
      },
    },
  },
  {
    client: "analyst",
    operation: "PreviewSegment",
    says: "How many fit, what sets them apart, who they are; any asOf.",
    variables: {
      where: { text: "tag.events_90d >= 1 and tag.days_since_last_event >= 14 and not tier in (LOW)" },
    },
  },
  {
    client: "analyst",
    operation: "ContributionRanking",
    says: "What drives the scores, of everybody or of a segment.",
    variables: { first: 15 },
  },
  {
    client: "analyst",
    operation: "Scores",
    says: "How the scores are spread, and where they part.",
    variables: { bins: 20 },
  },
  {
    client: "analyst",
    operation: "SuggestCuts",
    says: "Where tiers could be cut, and how many fall into each.",
    variables: { input: { method: "NATURAL_BREAKS", tiers: 3 } },
  },
  {
    client: "analyst",
    operation: "TrainChurnModel",
    says: "A new model from the store's events; follow it by its job.",
    variables: { input: { template: "retail", algorithm: "LOGISTIC_REGRESSION", promote: "IF_BETTER", seed: 1 } },
  },
];

export interface StartingTab {
  readonly query: string;
  readonly variables: string;
}

/** The tabs in order, app then crm then analyst; an operation that the file does not have is left out. */
export function startingTabs(documents: Readonly<Record<Client, string>>): StartingTab[] {
  return TABS.flatMap(({ client, operation, says, variables }) => {
    const text = operationText(documents[client], operation);
    return text === undefined
      ? []
      : [{ query: `# ${client}: ${says}\n${text}\n`, variables: JSON.stringify(variables, null, 2) }];
  });
}

/** An operation as it stands in its file, its own comments kept. */
function operationText(document: string, name: string): string | undefined {
  for (const definition of parse(document).definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION && definition.name?.value === name && definition.loc)
      return document.slice(definition.loc.start, definition.loc.end);
  }
  return undefined;
}

export const STARTING_OPERATIONS: readonly string[] = TABS.map(({ operation }) => operation);
