import { Arg, Ctx, Int, Mutation, Query, Resolver } from "type-graphql";
import { TidemarkError } from "../errors.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { activityAt } from "./activity.loader.js";
import { windowsAt } from "./churn-definition.js";
import { censored, churnDefinitions, dataSpan, definitionByKey, definitionsOfRequest } from "./churn-definition.loader.js";
import { definitionErrors, writeDefinition } from "./churn-definition.step.js";
import {
  Activity,
  ChurnDefinition,
  ChurnDefinitionInput,
  ChurnSample,
  SaveChurnDefinitionPayload,
} from "./churn-definition.type.js";
import { markEverybody } from "./promotion.step.js";
import { setSchedule } from "./retraining.step.js";
import { countSample } from "./sample.loader.js";

const LONGEST_HORIZON_DAYS = 3_650;

@Resolver()
export class ChurnDefinitionResolver {
  @Query(() => [ChurnDefinition], { description: "The built-in ones are the templates of trainChurnModel." })
  churnDefinitions(@Ctx() context: RequestContext): Promise<ChurnDefinition[]> {
    return definitionsOfRequest(context);
  }

  @Query(() => ChurnSample, { description: "How many users could churn at a date, and how many did." })
  async churnSample(
    @Arg("definition", () => String) key: string,
    @Arg("asOf", () => DateTime, { nullable: true, description: "The observation date; now when left out." })
    asOf: Date | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<ChurnSample> {
    const { pool } = context.store;
    const definition = definitionByKey(await definitionsOfRequest(context), key);
    const at = asOf ?? context.now;
    const [{ eligible, churned }, span] = await Promise.all([
      countSample(pool, definition, at),
      dataSpan(pool, definition, context.now),
    ]);
    const reason = censored(definition, windowsAt(definition, at), span?.end);
    if (reason !== null) return { eligible, churned: null, baseRate: null, censored: reason, censoredUsers: eligible };
    return { eligible, churned, baseRate: eligible === 0 ? null : churned / eligible, censored: null, censoredUsers: 0 };
  }

  @Query(() => Activity, { description: "Counts of events and users around a day." })
  activity(
    @Arg("asOf", () => DateTime, { nullable: true }) asOf: Date | null | undefined,
    @Arg("horizonDays", () => Int, { defaultValue: 90 }) horizonDays: number,
    @Ctx() context: RequestContext,
  ): Promise<Activity> {
    if (!(horizonDays >= 0 && horizonDays <= LONGEST_HORIZON_DAYS))
      throw new TidemarkError("BAD_INPUT", `horizonDays is ${horizonDays}; it must be 0 to ${LONGEST_HORIZON_DAYS}.`);
    return activityAt(context.store.pool, asOf ?? context.now, horizonDays);
  }

  @Mutation(() => SaveChurnDefinitionPayload, {
    description:
      "Has a definition's model trained anew by a schedule, by every algorithm (BEST), on the tags of its template or else all in use, to serve when it passes the gate; without a schedule no more. What comes of it is told by churnModels and alerts.",
  })
  async setRetrainingSchedule(
    @Arg("definition", () => String) key: string,
    @Arg("schedule", () => String, {
      nullable: true,
      description: 'Minute, hour, day, month and weekday in UTC, for example "0 3 1 * *" for the first of every month.',
    })
    schedule: string | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<SaveChurnDefinitionPayload> {
    const { pool } = context.store;
    definitionByKey(await churnDefinitions(pool), key);
    const wrong = await setSchedule(pool, key, schedule ?? null, context.now);
    const definition = definitionByKey(await churnDefinitions(pool), key);
    if (!wrong) return { definition, errors: [] };
    const message = `${JSON.stringify(schedule?.slice(0, 100))} is not a schedule: ${wrong.message}. Minute, hour, day, month and weekday in UTC, for example "0 3 1 * *".`;
    return { definition, errors: [{ code: "BAD_INPUT", message, path: ["schedule"] }] };
  }

  @Mutation(() => SaveChurnDefinitionPayload, { description: "Makes or changes a churn definition." })
  async saveChurnDefinition(
    @Arg("input", () => ChurnDefinitionInput) input: ChurnDefinitionInput,
    @Ctx() context: RequestContext,
  ): Promise<SaveChurnDefinitionPayload> {
    const { pool } = context.store;
    const definition = {
      key: input.key,
      name: input.name ?? input.key,
      kind: input.kind,
      eventTypes: [...new Set(input.eventTypes ?? [])],
      horizonDays: input.horizonDays,
      lookbackDays: input.lookbackDays,
      leadDays: input.leadDays ?? 0,
      cuts: input.cuts ?? null,
    };
    const types = await pool.read<{ key: string }>("select key from event_type");
    const errors = definitionErrors(definition, new Set(types.map(({ key }) => key)));
    if (errors.length > 0) return { definition: null, errors };
    try {
      const saved = await pool.transaction(async (tx) => {
        const row = await writeDefinition(tx, definition, input.default === true);
        // Tiers follow the default definition.
        if (row.isDefault) await markEverybody(tx, context.now);
        return row;
      });
      if (saved.isDefault) await context.advance(context.now);
      return { definition: saved, errors: [] };
    } catch (error) {
      if (error instanceof TidemarkError && error.code === "CONFLICT")
        return { definition: null, errors: [{ code: error.code, message: error.message, path: ["input"] }] };
      throw error;
    }
  }
}
