import { TidemarkError } from "../errors.js";
import type { UserError } from "../page.js";
import type { Session, Transaction } from "../store/pool.js";
import { bumpCatalogues } from "../store/setting.js";
import type { ChurnDefinitionData } from "./churn-definition.js";
import { type ChurnDefinitionRow, churnDefinitions, definitionByKey } from "./churn-definition.loader.js";
import { TEMPLATES } from "./template.js";

const LONGEST_KEY = 60;
const LONGEST_NAME = 200;
const MOST_DAYS = 3_650;
const MOST_EVENT_TYPES = 100;
const MOST_CUTS = 9;

/** Puts the built-in definitions into the store where they are missing; a company's changes to them are kept. */
export async function seedChurnDefinitions(session: Session): Promise<void> {
  await session.run(
    `insert into churn_definition (key, name, kind, event_types, horizon_days, lookback_days, lead_days, cuts)
     select t.key, t.name, t.kind, array(select jsonb_array_elements_text(t."eventTypes")), t."horizonDays", t."lookbackDays", t."leadDays",
       array(select jsonb_array_elements_text(t.cuts)::double precision)
     from jsonb_to_recordset($1) as t (key text, name text, kind text, "eventTypes" jsonb, "horizonDays" int, "lookbackDays" int, "leadDays" int, cuts jsonb)
     on conflict (key) do nothing`,
    [JSON.stringify(TEMPLATES)],
  );
}

/** What is wrong with a definition that somebody sends; empty when it can be saved. */
export function definitionErrors(definition: ChurnDefinitionData, knownTypes: ReadonlySet<string>): UserError[] {
  const errors: UserError[] = [];
  const refuse = (code: string, field: string, message: string) => errors.push({ code, message, path: ["input", field] });
  const days = (field: "horizonDays" | "lookbackDays" | "leadDays", least: number) => {
    const value = definition[field];
    if (!(value >= least && value <= MOST_DAYS))
      refuse("BAD_INPUT", field, `${field} is ${value}; it must be ${least} to ${MOST_DAYS} days.`);
  };
  if (!/^[a-z][a-z0-9_]*$/.test(definition.key) || definition.key.length > LONGEST_KEY)
    refuse(
      "BAD_INPUT",
      "key",
      `A key is 1 to ${LONGEST_KEY} lower-case letters, digits and underscores, beginning with a letter.`,
    );
  if (definition.name.length > LONGEST_NAME || definition.name.includes("\0"))
    refuse("TOO_LONG", "name", `A name has at most ${LONGEST_NAME} characters and no NUL.`);
  days("horizonDays", 1);
  days("lookbackDays", 1);
  days("leadDays", 0);
  const cuts = definition.cuts ?? [];
  if (cuts.length > MOST_CUTS || !cuts.every((cut, i) => cut > (cuts[i - 1] ?? 0) && cut < 1))
    refuse("BAD_INPUT", "cuts", `There are at most ${MOST_CUTS} cuts, between 0 and 1, each above the one before.`);
  if (definition.eventTypes.length > MOST_EVENT_TYPES)
    refuse(
      "TOO_COMPLEX",
      "eventTypes",
      `At most ${MOST_EVENT_TYPES} event types can be named; leave them out to mean all of the kind.`,
    );
  for (const type of definition.eventTypes) {
    if (!knownTypes.has(type))
      refuse(
        "UNKNOWN_EVENT_TYPE",
        "eventTypes",
        `There is no event type ${JSON.stringify(type.slice(0, 60))}; declare it with saveEventType.`,
      );
  }
  return errors;
}

/** Makes or changes a definition that was found right. Scores of its champion stay until the next refresh. */
export async function writeDefinition(
  tx: Transaction,
  definition: ChurnDefinitionData,
  makeDefault: boolean,
): Promise<ChurnDefinitionRow> {
  const { key, name, kind, eventTypes, horizonDays, lookbackDays, leadDays, cuts = null } = definition;
  // What a model foretells is part of it: a champion of another horizon would be read as one of this.
  const fitted = await tx.read<{ same: boolean }>(
    `select d.kind = $2 and d.event_types = $3::text[] and d.horizon_days = $4 and d.lookback_days = $5 and d.lead_days = $6 as same
     from churn_definition d where d.key = $1 and exists (select from churn_model m where m.definition_id = d.id)`,
    [key, kind, eventTypes, horizonDays, lookbackDays, leadDays],
  );
  if (fitted[0]?.same === false)
    throw new TidemarkError(
      "CONFLICT",
      `Models were trained on the definition ${key}, so what it counts cannot change; save the new one under another key.`,
    );
  await tx.read(
    `insert into churn_definition (key, name, kind, event_types, horizon_days, lookback_days, lead_days, cuts) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (key) do update set name = excluded.name, kind = excluded.kind, event_types = excluded.event_types,
       horizon_days = excluded.horizon_days, lookback_days = excluded.lookback_days, lead_days = excluded.lead_days,
       cuts = coalesce(excluded.cuts, churn_definition.cuts)`,
    [key, name, kind, eventTypes, horizonDays, lookbackDays, leadDays, cuts],
  );
  if (makeDefault) await makeDefaultDefinition(tx, key);
  else await bumpCatalogues(tx);
  return definitionByKey(await churnDefinitions(tx), key);
}

export async function makeDefaultDefinition(session: Session, key: string): Promise<void> {
  await session.read("update churn_definition set is_default = (key = $1) where is_default <> (key = $1)", [key]);
  await bumpCatalogues(session);
}
