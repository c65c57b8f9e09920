import { TidemarkError } from "../errors.js";
import type { Export } from "../export.js";
import { toGlobalId } from "../node.js";
import type { RequestContext } from "../request.js";
import type { Cell } from "../store/csv.js";
import { standardObservationDates } from "./churn-definition.js";
import { type ChurnDefinitionRow, chosenDefinition, dataSpan, definitionsOfRequest } from "./churn-definition.loader.js";
import { refuseCensored, type SampleQuestion, sampleTags, streamSampleRows } from "./sample-rows.loader.js";

const MOST_DATES = 24;

/** The rows that a model is taught with, to be looked at or learned from elsewhere: split by users (part) and by time (observedAt). */
export const sampleExport: Export = {
  name: "samples",
  description:
    "what a model is taught with: definition=KEY, observationDates=2011-06-13,2011-09-11 (default: those of a training), tags=a,b (default: those of a training), seed=1; part deals users into five parts",
  async open(context, parameters) {
    const definition = chosenDefinition(await definitionsOfRequest(context), parameters.get("definition"));
    const dates = await datesOf(context, definition, parameters.get("observationDates"));
    const seed = Number(parameters.get("seed") ?? 1);
    if (!Number.isSafeInteger(seed)) throw new TidemarkError("BAD_INPUT", "seed is not a whole number.");
    const tags = await sampleTags(context, definition, parameters.get("tags")?.split(",").filter(Boolean));
    return {
      fileName: `samples-${definition.key}`,
      columns: ["user", "observedAt", "churned", "part", ...tags.map(({ key }) => key)],
      pages: pagesOf(context, { definition, tags }, dates, seed),
    };
  },
};

async function datesOf(context: RequestContext, definition: ChurnDefinitionRow, text: string | undefined): Promise<Date[]> {
  const span = await dataSpan(context.store.pool, definition, context.now);
  const dates = text
    ? text.split(",").map((each) => new Date(each))
    : span
      ? standardObservationDates(definition, span.first, span.end)
      : [];
  const wrong = dates.findIndex((date) => Number.isNaN(date.getTime()));
  if (wrong >= 0 || dates.length > MOST_DATES)
    throw new TidemarkError(
      "BAD_INPUT",
      `observationDates takes 1 to ${MOST_DATES} instants such as 2011-06-13, with commas between.`,
    );
  dates.sort((a, b) => a.getTime() - b.getTime());
  await refuseCensored(context, definition, dates.length > 0 ? dates : [context.now]);
  return dates.filter((date, i) => date.getTime() !== dates[i - 1]?.getTime());
}

async function* pagesOf(
  { store }: RequestContext,
  question: SampleQuestion,
  dates: readonly Date[],
  seed: number,
): AsyncGenerator<Cell[][]> {
  for await (const rows of streamSampleRows(store.pool, question, dates, seed))
    yield rows.map(({ userId, observedAt, churned, part, values }) => [
      toGlobalId("User", userId),
      observedAt,
      churned ? 1 : 0,
      part,
      ...values,
    ]);
}
