import { TidemarkError } from "../errors.js";
import { eventTypes } from "../events/event-type.loader.js";
import { groupFolds } from "../learn/folds.js";
import type { RequestContext } from "../request.js";
import type { TagValueScalar } from "../scalars.js";
import type { Pool } from "../store/pool.js";
import { compile, type Program } from "../tags/evaluate.js";
import { withFacts } from "../tags/facts.loader.js";
import type { Histories } from "../tags/history.js";
import { readHistories, streamHistories } from "../tags/history.loader.js";
import { catalogueOf, type TagRow, tagCatalogue } from "../tags/tag.loader.js";
import { windowsAt } from "./churn-definition.js";
import { type ChurnDefinitionRow, censored, dataSpan } from "./churn-definition.loader.js";
import { featureKeys } from "./feature.loader.js";
import { stack } from "./sample.js";
import { pageOfSample, readSample } from "./sample.loader.js";
import { TEMPLATES } from "./template.js";

/** One row of a sample: a user at an observation date, with what was known strictly before it and what became of them after it. */
export interface SampleRow {
  readonly userId: string;
  readonly observedAt: Date;
  readonly churned: boolean;
  /** One for each of the sample's tags; null where it is undefined. */
  readonly values: readonly (TagValueScalar | null)[];
}

export interface SampleQuestion {
  readonly definition: ChurnDefinitionRow;
  readonly tags: readonly TagRow[];
}

/** The tags of a sample: the chosen ones, else those that a training would take, of those that the viewer may read. */
export async function sampleTags(
  context: RequestContext,
  definition: ChurnDefinitionRow,
  chosen: readonly string[] | null | undefined,
): Promise<TagRow[]> {
  const { byKey } = await catalogueOf(context)();
  const hidden = chosen?.find((key) => !byKey.has(key));
  const template = TEMPLATES.find(({ key }) => key === definition.key);
  // A hidden tag is refused in the very words in which one that is not there is.
  const keys = hidden === undefined ? await featureKeys(context.store.pool, chosen, template?.tags) : refuseUnknown(hidden);
  return keys.flatMap((key) => byKey.get(key) ?? []);
}

function refuseUnknown(key: string): never {
  throw new TidemarkError(
    "UNKNOWN_TAG",
    `There is no tag ${JSON.stringify(key.slice(0, 60))}; see the query tags for those that there are.`,
  );
}

/** @throws TidemarkError NO_SAMPLE where the horizon has not passed */
export async function refuseCensored(
  context: RequestContext,
  definition: ChurnDefinitionRow,
  dates: readonly Date[],
): Promise<void> {
  const span = await dataSpan(context.store.pool, definition, context.now);
  for (const date of dates) {
    const reason = censored(definition, windowsAt(definition, date), span?.end);
    if (reason !== null) throw new TidemarkError("NO_SAMPLE", reason);
  }
}

/** Users in the order of their ids, from behind `afterId`, computed for them alone. */
export async function readSampleRows(
  pool: Pool,
  { definition, tags }: SampleQuestion,
  observedAt: Date,
  afterId: string | null,
  limit: number,
): Promise<SampleRow[]> {
  const found = await pageOfSample(pool, definition, observedAt, afterId, limit);
  const userIds = found.map(({ userId }) => userId);
  const program = await programOf(pool, tags);
  const histories = await withFacts(pool, await readHistories(pool, userIds, observedAt), program.needs);
  const columns = program(histories, observedAt.getTime());
  return found.map(({ userId, churned }, user) => ({
    userId,
    observedAt,
    churned,
    values: tags.map((tag, place) => tagValueOf(tag, columns[place]![user]!, histories)),
  }));
}

/** Users of one page that is written at a time. */
const PAGE_ROWS = 4_096;

/** A row with the part that its user belongs to: of a split by parts and dates nobody stands on both sides. */
export type SplitRow = SampleRow & { readonly part: number };

const PARTS = 5;

/** Everybody at every date: the events are streamed once for each date, and no more than a chunk of users is held in memory. */
export async function* streamSampleRows(
  pool: Pool,
  { definition, tags }: SampleQuestion,
  dates: readonly Date[],
  seed: number,
): AsyncGenerator<SplitRow[]> {
  const samples = [];
  for (const date of dates) samples.push({ date, ...(await readSample(pool, definition, date)) });
  const labels = Uint8Array.from(samples.flatMap((sample) => [...sample.labels]));
  if (labels.length === 0) return;
  const parts = groupFolds(labels, stack(samples.map(({ userIds }) => userIds)), PARTS, seed);
  const program = await programOf(pool, tags);
  let row = 0;
  for (const { date, userIds, labels: outcomes } of samples) {
    let place = 0;
    for await (const histories of streamHistories(pool, { before: date, chunkUsers: PAGE_ROWS, needs: program.needs })) {
      const columns = program(histories, date.getTime());
      const rows: SplitRow[] = [];
      for (let user = 0; user < histories.userIds.length; user++) {
        // Both ascend; whoever is eligible has events before the date.
        if (histories.userIds[user] !== userIds[place]) continue;
        rows.push({
          userId: String(userIds[place]),
          observedAt: date,
          churned: outcomes[place] === 1,
          values: tags.map((tag, column) => tagValueOf(tag, columns[column]![user]!, histories)),
          part: parts[row]!,
        });
        place++;
        row++;
      }
      yield rows;
    }
    row += userIds.length - place;
  }
}

async function programOf(pool: Pool, tags: readonly TagRow[]): Promise<Program> {
  const { definitions } = await tagCatalogue(pool);
  return compile(
    tags.map(({ key }) => ({ tag: key })),
    await eventTypes(pool),
    definitions,
  );
}

function tagValueOf({ valueType }: TagRow, value: number, { facts }: Histories): TagValueScalar | null {
  if (!Number.isFinite(value)) return null;
  if (valueType === "BOOLEAN") return value === 1;
  return valueType === "TEXT" ? facts!.texts.textOf(value) : value;
}
