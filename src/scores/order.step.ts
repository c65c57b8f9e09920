import { TidemarkError } from "../errors.js";
import type { Algorithm as Trainable } from "../learn/model.js";
import type { Session } from "../store/pool.js";
import { tagCatalogue } from "../tags/tag.loader.js";
import { standardObservationDates, windowsAt } from "./churn-definition.js";
import { type ChurnDefinitionRow, censored, churnDefinitions, dataSpan, definitionByKey } from "./churn-definition.loader.js";
import type { Algorithm } from "./churn-model.entity.js";
import { featureKeys } from "./feature.loader.js";
import type { Promotion } from "./gate.js";
import { type ForeignModel, featuresOf } from "./import-model.js";
import { type ChurnRule, MOST_RULES, MOST_TESTS, standardRules } from "./rule.js";
import { TEMPLATES } from "./template.js";
import { TRAINABLE } from "./training.js";

/** What is asked for, checked at the door. Stored as the job's input. */
export interface TrainingOrder {
  readonly definition: string;
  readonly algorithm: Algorithm;
  /** Keys of computed tags. */
  readonly tags: readonly string[];
  /** ISO instants. */
  readonly observationDates: readonly string[];
  readonly promote: Promotion;
  readonly seed: number;
  /** Of RULES; the standard ones where none were given. */
  readonly rules: readonly ChurnRule[];
  /** Trained elsewhere, to be judged here. */
  readonly imported?: ForeignModel;
  /** Dates that were asked for and whose horizon has not passed; they are left out. */
  readonly censoredDates?: readonly string[];
  /** Keys of tags that may tell the outcome almost perfectly. */
  readonly allowLeaks?: readonly string[];
  /** Who asked. */
  readonly by?: string;
  /** Key of the department whose model it is; the company when left out. */
  readonly department?: string;
  /** The instant that counts as now, ISO. */
  readonly now: string;
}

const MOST_OBSERVATION_DATES = 24;
const MOST_ALLOWED_LEAKS = 200;

/** What somebody asks for; what is left out is filled in. */
export interface TrainingWish {
  readonly template?: string | null;
  readonly definition?: string | null;
  readonly tags?: readonly string[] | null;
  readonly algorithm?: Algorithm | null;
  readonly observationDates?: readonly Date[] | null;
  readonly promote?: Promotion | null;
  readonly seed?: number | null;
  readonly rules?: readonly ChurnRule[] | null;
  /** A model to be judged in place of one to be trained; the tags then stand in the order of its columns. */
  readonly imported?: ForeignModel | null;
  readonly allowLeaks?: readonly string[] | null;
}

/** Checks a wish at the door. @throws TidemarkError saying what is wrong with it */
export async function orderOf(session: Session, wish: TrainingWish, now: Date, by: string): Promise<TrainingOrder> {
  const key = wish.definition ?? wish.template;
  if (!key || (wish.definition && wish.template))
    throw new TidemarkError("BAD_INPUT", `Name either a template or a definition; template: "retail" is a good beginning.`);
  const definition = definitionByKey(await churnDefinitions(session), key);
  const algorithm = wish.imported ? "IMPORTED" : (wish.algorithm ?? "BEST");
  if (!wish.imported) algorithmsOf(algorithm);
  const { dates, censoredDates } = await observationDates(session, definition, wish.observationDates, now);
  if (dates.length > MOST_OBSERVATION_DATES)
    throw new TidemarkError(
      "BAD_INPUT",
      `There are ${dates.length} observation dates; at most ${MOST_OBSERVATION_DATES} are taken.`,
    );
  const asked = checkedRules(wish.rules, algorithm);
  const chosen = wish.tags?.length ? [...wish.tags, ...asked.flatMap(({ all }) => all.map(({ tag }) => tag))] : wish.tags;
  const template = wish.template ? TEMPLATES.find((each) => each.key === wish.template) : undefined;
  const tags = await featureKeys(session, wish.imported ? featuresOf(wish.imported, chosen) : chosen, template?.tags);
  if (wish.imported) await refuseTexts(session, tags);
  const foreign = asked.flatMap(({ all }) => all).find(({ tag }) => !tags.includes(tag));
  if (foreign)
    throw new TidemarkError(
      "UNKNOWN_TAG",
      `rules: there is no METRIC tag ${JSON.stringify(foreign.tag.slice(0, 60))} in use; see the query tags for those that there are.`,
    );
  const rules = asked.length > 0 ? asked : standardRules(definition, tags);
  if (algorithm === "RULES" && rules.length === 0)
    throw new TidemarkError(
      "BAD_INPUT",
      "The standard rules ask for tags that were not chosen; give rules of your own, or leave tags out.",
    );
  return {
    definition: definition.key,
    algorithm,
    tags,
    rules,
    observationDates: dates.map((date) => date.toISOString()),
    promote: wish.promote ?? "IF_BETTER",
    seed: wish.seed ?? 1,
    ...(wish.imported && { imported: wish.imported }),
    censoredDates: censoredDates.map((date) => date.toISOString()),
    allowLeaks: [...new Set(wish.allowLeaks ?? [])].slice(0, MOST_ALLOWED_LEAKS),
    by,
    now: now.toISOString(),
  };
}

function checkedRules(rules: readonly ChurnRule[] | null | undefined, algorithm: Algorithm): readonly ChurnRule[] {
  if (!rules?.length) return [];
  if (algorithm !== "RULES" && algorithm !== "BEST")
    throw new TidemarkError(
      "BAD_INPUT",
      `rules are counted by the algorithm RULES, not by ${algorithm}; leave them out, or ask for RULES or BEST.`,
    );
  const wrong = rules.findIndex(
    ({ all, points }) => all.length === 0 || all.length > MOST_TESTS || !Number.isFinite(points) || points === 0,
  );
  if (rules.length > MOST_RULES || wrong >= 0)
    throw new TidemarkError(
      "BAD_INPUT",
      `${wrong >= 0 ? `rules[${wrong}]` : `rules has ${rules.length}`}: a model has at most ${MOST_RULES} rules, each of 1 to ${MOST_TESTS} tests and with points other than 0.`,
    );
  return rules;
}

/** Another's model has other numbers for words than ours. */
async function refuseTexts(session: Session, keys: readonly string[]): Promise<void> {
  const { byKey } = await tagCatalogue(session);
  const text = keys.find((key) => byKey.get(key)?.valueType === "TEXT");
  if (text !== undefined)
    throw new TidemarkError(
      "BAD_INPUT",
      `The tag ${text} is a text, which another's model cannot read; name a tag of the condition that its column stands for.`,
    );
}

/** Which algorithms are tried. @throws TidemarkError BAD_INPUT, naming those that there are */
export function algorithmsOf(algorithm: Algorithm): readonly Trainable[] {
  if (algorithm === "BEST") return TRAINABLE;
  const found = TRAINABLE.find((each) => each === algorithm);
  if (found) return [found];
  throw new TidemarkError(
    "BAD_INPUT",
    `${algorithm} cannot be trained yet; choose ${TRAINABLE.join(", ")} or BEST (tries them all).`,
  );
}

/**
 * The observation dates that are to be used, the earliest first; those of the template when none is named. Dates whose horizon has not
 * passed are left out, with all their users: to keep those who came back already would teach that everybody does.
 *
 * @throws TidemarkError NO_SAMPLE when none is left
 */
async function observationDates(
  session: Session,
  definition: ChurnDefinitionRow,
  wanted: readonly Date[] | null | undefined,
  now: Date,
): Promise<{ dates: Date[]; censoredDates: Date[] }> {
  const span = await dataSpan(session, definition, now);
  const dates = wanted?.length ? [...wanted] : span ? standardObservationDates(definition, span.first, span.end) : [now];
  dates.sort((a, b) => a.getTime() - b.getTime());
  const distinct = dates.filter((date, i) => date.getTime() !== dates[i - 1]?.getTime());
  const reasons = distinct.map((date) => censored(definition, windowsAt(definition, date), span?.end));
  const known = distinct.filter((_, i) => reasons[i] === null);
  if (known.length === 0) throw new TidemarkError("NO_SAMPLE", reasons[0]!);
  return { dates: known, censoredDates: distinct.filter((_, i) => reasons[i] !== null) };
}
