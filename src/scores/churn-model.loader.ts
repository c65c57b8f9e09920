import DataLoader from "dataloader";
import { TidemarkError } from "../errors.js";
import type { FittedModel } from "../learn/model.js";
import { decodeModel } from "../learn/model-bytes.js";
import type { Thing, Visibility } from "../people/access.js";
import { accessOf } from "../people/access.loader.js";
import { perRequest, type RequestContext } from "../request.js";
import type { Session } from "../store/pool.js";
import { settingsOf, writeSetting } from "../store/setting.js";
import type { Algorithm, ModelState } from "./churn-model.entity.js";
import type { Verdict } from "./gate.js";
import type { ChurnRule } from "./rule.js";
import type { ModelEvaluation } from "./training.js";

export interface ChurnModelRow {
  readonly id: number;
  readonly definitionId: number;
  readonly definition: string;
  readonly horizonDays: number;
  readonly version: number;
  readonly state: ModelState;
  readonly algorithm: Algorithm;
  /** Keys of the tags, in the order of the matrix. */
  readonly features: readonly string[];
  readonly seed: number;
  readonly trainedAt: Date;
  readonly sample: ModelSample;
  readonly fingerprint: string;
  readonly department: { readonly key: string };
  readonly visibility: Visibility;
  readonly codeVersion: string | null;
  readonly dataFingerprint: string | null;
}

/** What a model was trained on. Stored as JSON. */
export interface ModelSample {
  readonly rows: number;
  readonly users: number;
  readonly churned: number;
  /** ISO instants, the earliest first. */
  readonly observationDates: readonly string[];
  /** Of the eligible users; below 1 where there were more than a training can hold. Absent in older models. */
  readonly share?: number;
  /** Tags that were asked for and said nothing: one value throughout. */
  readonly constantTags: readonly string[];
  /** Of a model by RULES, what is counted; absent in older models. */
  readonly rules?: readonly ChurnRule[];
  /** Dates that were asked for and left out, for their horizon has not passed. Absent in older models, as are the next ones. */
  readonly censoredDates?: readonly string[];
  /** Users who are eligible when the data ends and at no observation date. */
  readonly censoredUsers?: number;
  /** Tags that tell the outcome almost perfectly and were allowed by name. */
  readonly allowedLeaks?: readonly string[];
}

export type EvaluatedModelRow = ChurnModelRow & {
  readonly evaluation: ModelEvaluation & {
    /** Older models have no list of checks. */
    readonly promotion: Omit<Verdict, "checks"> & Partial<Pick<Verdict, "checks">>;
  };
};

const MODEL_COLUMNS = `m.id, m.definition_id as "definitionId", d.key as definition, d.horizon_days as "horizonDays", m.version, m.state,
  m.algorithm, m.features, m.seed::double precision as seed, m.trained_at as "trainedAt", m.sample, m.fingerprint, m.code_version as "codeVersion",
  m.data_fingerprint as "dataFingerprint", json_build_object('key', m.department) as department, m.visibility`;

/** What people call it by: its definition's key and its version. */
export function keyOfModel({ definition, version }: Pick<ChurnModelRow, "definition" | "version">): string {
  return `${definition}/${version}`;
}

export function thingOfModel({ id, department, visibility }: Pick<ChurnModelRow, "id" | "department" | "visibility">): Thing {
  return { kind: "CHURN_MODEL", id, department, visibility };
}

export const modelById = perRequest(
  (context) =>
    new DataLoader<number, ChurnModelRow | null>(async (ids) => {
      const rows = await context.store.pool.lookup<ChurnModelRow>(
        `select ${MODEL_COLUMNS} from churn_model m join churn_definition d on d.id = m.definition_id where m.id = any($1::bigint[])`,
        [ids],
      );
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id) ?? null);
    }),
);

/**
 * Whether the viewer may read a model, and so its scores. Without a statement as long as all of them are PUBLIC, which the settings say
 *: every page of users asks.
 */
export async function mayReadModel(context: RequestContext, model: ChurnModelRow): Promise<boolean> {
  const { models } = await settingsOf(context).read();
  return models === undefined || (await accessOf(context)())(thingOfModel(model)) === "READ";
}

/** The model whose scores are those of a definition, where it is not PUBLIC for certain. */
export async function guardedChampion(context: RequestContext, definitionId: number): Promise<ChurnModelRow | undefined> {
  const { models } = await settingsOf(context).read();
  if (models === undefined) return undefined;
  const champion = (await readChampions(context.store.pool)).find((each) => each.definitionId === definitionId);
  return (champion && (await modelById(context).load(champion.id))) ?? undefined;
}

/** Whether the viewer may see the scores of a definition. */
export async function mayReadScores(context: RequestContext, definitionId: number): Promise<boolean> {
  const champion = await guardedChampion(context, definitionId);
  return champion === undefined || mayReadModel(context, champion);
}

/** @throws TidemarkError FORBIDDEN, naming the department to ask */
export async function refuseHiddenModel(context: RequestContext, model: ChurnModelRow | undefined): Promise<void> {
  if (model && !(await mayReadModel(context, model)))
    throw new TidemarkError(
      "FORBIDDEN",
      `The model ${keyOfModel(model)} belongs to the department ${model.department.key}, which has not shared it with yours; ask for it with requestGrant.`,
      { department: model.department.key },
    );
}

/** Called when a model may have become other than PUBLIC. */
export async function guardModels(session: Session): Promise<void> {
  await writeSetting(session, "models", { guarded: true });
}

/** The evaluation is some 20 kB, so it is read only where it is asked for. */
export const evaluationById = perRequest(
  (context) =>
    new DataLoader<number, EvaluatedModelRow["evaluation"] | null>(async (ids) => {
      const rows = await context.store.pool.lookup<{ id: number; evaluation: EvaluatedModelRow["evaluation"] }>(
        "select id, evaluation from churn_model where id = any($1::bigint[])",
        [ids],
      );
      const byId = new Map(rows.map((row) => [row.id, row.evaluation]));
      return ids.map((id) => byId.get(id) ?? null);
    }),
);

/** The newest first. */
export async function readModels(session: Session, definition: string | null, limit: number): Promise<ChurnModelRow[]> {
  return session.read<ChurnModelRow>(
    `select ${MODEL_COLUMNS} from churn_model m join churn_definition d on d.id = m.definition_id
     where $1::text is null or d.key = $1 order by m.id desc limit $2`,
    [definition, limit],
  );
}

export interface Champion extends Pick<ChurnModelRow, "id" | "definitionId" | "version" | "features" | "fingerprint"> {
  /** Those of its sample. */
  readonly observationDates: readonly string[];
}

/** The model that serves, of each definition that has one. */
export async function readChampions(session: Session): Promise<Champion[]> {
  return session.read<Champion>(
    `select id, definition_id as "definitionId", version, features, fingerprint, sample -> 'observationDates' as "observationDates" from churn_model where state = 'CHAMPION' order by id`,
  );
}

/** The champions that read any of some tags. */
export async function readChampionsOn(session: Session, tags: readonly string[]): Promise<ChurnModelRow[]> {
  return session.read<ChurnModelRow>(
    `select ${MODEL_COLUMNS} from churn_model m join churn_definition d on d.id = m.definition_id
     where m.state = 'CHAMPION' and m.features && $1::text[] order by m.id`,
    [tags],
  );
}

/** Decoded models by their fingerprint: a forest takes some 5 MB and 10 ms to decode. The longest unused falls out. */
const decoded = new Map<string, FittedModel>();
const MOST_DECODED = 8;

export async function fittedModel(
  session: Session,
  { id, fingerprint }: Pick<ChurnModelRow, "id" | "fingerprint">,
): Promise<FittedModel> {
  let model = decoded.get(fingerprint);
  if (!model) {
    const rows = await session.read<{ parameters: Buffer }>("select parameters from churn_model where id = $1", [id]);
    model = decodeModel(rows[0]!.parameters);
  }
  // A map keeps the order of insertion, so what was used last stands last.
  decoded.delete(fingerprint);
  decoded.set(fingerprint, model);
  if (decoded.size > MOST_DECODED) decoded.delete(decoded.keys().next().value!);
  return model;
}

/** A model with its evaluation, for a report. */
export async function readEvaluatedModel(session: Session, id: number): Promise<EvaluatedModelRow | undefined> {
  const rows = await session.read<EvaluatedModelRow>(
    `select ${MODEL_COLUMNS}, m.evaluation from churn_model m join churn_definition d on d.id = m.definition_id where m.id = $1`,
    [id],
  );
  return rows[0];
}
