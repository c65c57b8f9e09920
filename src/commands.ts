import { Command, InvalidArgumentError } from "commander";
import { type Config, readConfig } from "./config.js";
import { doctor } from "./doctor.js";
import { EXIT_CODES, TidemarkError } from "./errors.js";
import { importFile } from "./events/import-file.step.js";
import { EXPORT_FORMATS, type ExportFormat } from "./export.js";
import { exportTo } from "./export-command.js";
import { exports } from "./exports.js";
import { settingsHelp } from "./help.js";
import { MODEL_FORMATS, type ModelFormat } from "./learn/foreign-model.js";
import { exportModel, type ImportOptions, importModel } from "./model-commands.js";
import { openTidemark } from "./open.js";
import { type ApiKeyRow, createApiKey, findApiKey, MOST_KEYS, readApiKeys, revokeApiKey } from "./people/api-key.step.js";
import { audited } from "./people/audit.step.js";
import { COMPANY } from "./people/department.step.js";
import { advance, isRefreshDue, refreshAll } from "./pipeline.js";
import { type Progress, progressOn } from "./progress.js";
import { listModels, serveModel } from "./registry-commands.js";
import { ownerCalled, ROLES, type Role } from "./request.js";
import { ALGORITHMS, type Algorithm } from "./scores/churn-model.entity.js";
import { PROMOTIONS, type Promotion } from "./scores/gate.js";
import { TEMPLATES } from "./scores/template.js";
import { TRAINABLE } from "./scores/training.js";
import { rebuildBitmaps } from "./segments/bitmap.step.js";
import { fail, serve } from "./serve.js";
import type { Store } from "./store/store.js";
import { trainNow } from "./train-now.js";

/** `npx tidemark ...`: every job the API has, from the command line; each says what it did. */
export function commands(environment: NodeJS.ProcessEnv, workingDirectory: string): Command {
  const program = new Command("tidemark")
    .description("Tells a company which of its users are about to fall silent, why, and what to do about it.")
    .showHelpAfterError("(see tidemark --help)")
    // Commander ends with 1 for a wrong option; scripts tell that from a failure by 2.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage))
    .addHelpText("after", `\n${settingsHelp()}`);

  /** Opens the store, does the work, closes it, and ends with the work's exit status. */
  async function withStore(
    work: (store: Store, progress: Progress, config: Config) => Promise<number | undefined>,
  ): Promise<void> {
    const progress = progressOn(process.stderr);
    try {
      const config = readConfig(environment, workingDirectory);
      const store = await openTidemark(config, progress);
      try {
        process.exitCode = (await work(store, progress, config)) ?? EXIT_CODES.ok;
      } finally {
        await store.close();
      }
    } catch (error) {
      fail(error);
    }
  }
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const nowOf = (config: Config, asOf: Date | undefined) => asOf ?? config.asOf ?? new Date();

  program
    .command("serve", { isDefault: false })
    .description("serve GraphQL and GraphiQL (what npm start does)")
    .option("--empty", "do not fill an empty store with the simulated population")
    .action(({ empty }: { empty?: boolean }) => serve(empty ? ["--empty"] : [], environment, workingDirectory));

  program
    .command("import")
    .description("load a file of events or users (CSV, TSV, whitespace-separated, NDJSON, JSON; gzip)")
    .argument("<file>", "the file to load")
    .requiredOption("--map <map>", "JSON or YAML that names columns, formats and rules; see examples/")
    .option("--as-of <instant>", "compute tags, scores and tiers as of this instant afterwards", instant)
    .option("--no-refresh", "only load; leave what is computed from it to the service or to tidemark refresh")
    .action((file: string, options: { map: string; asOf?: Date; refresh: boolean }) =>
      withStore(async (store, progress, config) => {
        const now = config.asOf ?? new Date();
        const summary = await importFile(store, {
          file,
          map: options.map,
          now,
          report: (text, done, total) => progress.part(text, done, total),
        });
        for (const line of summary.lines) say(line);
        if (options.refresh) {
          progress.line("computing tags, scores and tiers of the users that changed");
          const asOf = nowOf(config, options.asOf);
          const users = (await isRefreshDue(store.pool, asOf))
            ? await refreshAll(store.pool, asOf, (done, total) => progress.part("users refreshed", done, total))
            : await advance(store.pool, asOf);
          say(`refreshed ${users.toLocaleString("en")} users`);
        }
        return summary.rejected > 0 ? EXIT_CODES.someRowsRejected : EXIT_CODES.ok;
      }),
    );

  for (const [name, description] of [
    ["refresh", "bring everybody's tags, scores and tiers to now (or to --as-of)"],
    ["score", "score everybody with the champion, bringing tags and tiers along (the same as refresh)"],
  ] as const) {
    program
      .command(name)
      .description(description)
      .option("--as-of <instant>", "the instant to compute for", instant)
      .action(({ asOf }: { asOf?: Date }) =>
        withStore(async (store, progress, config) => {
          const at = nowOf(config, asOf);
          const users = await refreshAll(store.pool, at, (done, total) => progress.part("users refreshed", done, total));
          say(`refreshed ${users.toLocaleString("en")} users as of ${at.toISOString()}`);
          return undefined;
        }),
      );
  }

  program
    .command("bitmaps")
    .description("make the bitmaps that segments are answered from anew; the service goes on meanwhile")
    .action(() =>
      withStore(async (store, progress, config) => {
        const wrong = await rebuildBitmaps(store.pool, config.asOf ?? new Date(), (done, total) =>
          progress.part("chunks of users", done, total),
        );
        say(
          `made the bitmaps anew: ${wrong.toLocaleString("en")} chunks of a tag, a tier, a stage or a score were not as the rows say`,
        );
        return undefined;
      }),
    );

  program
    .command("train")
    .description("from a template to a champion: sample, training, evaluation, promotion, scores")
    .option(
      "--template <name>",
      `a churn definition: ${TEMPLATES.map(({ key }) => key).join(", ")}, or one of your own`,
      "retail",
    )
    .option("--algorithm <name>", `${TRAINABLE.join(", ")} or BEST (tries them all)`, oneOf(ALGORITHMS), "BEST" as const)
    .option("--as-of <instant>", "the instant that counts as now: outcomes are known up to it", instant)
    .option("--observe <instants...>", "observation dates (default: the latest whose horizon has passed)", collectInstants)
    .option("--promote <when>", PROMOTIONS.join(", "), oneOf(PROMOTIONS), "IF_BETTER" as const)
    .option("--seed <number>", "the seed of everything random", wholeNumber, 1)
    .option("--tags <keys>", "what is learned from, with commas (default: the template's)", listed)
    .option("--allow-leaks <keys>", "tags that may tell the outcome almost perfectly, with commas", listed)
    .action((options: TrainOptions) =>
      withStore(async (store, progress, config) => {
        const { template, algorithm, observe, promote, seed, tags = null, allowLeaks = null } = options;
        const now = nowOf(config, options.asOf);
        const wish = { template, algorithm, observationDates: observe ?? null, promote, seed, tags, allowLeaks, now };
        const lines = await trainNow(store, wish, (text, done, total) => progress.part(text, done, total));
        for (const line of lines) say(line);
        return undefined;
      }),
    );

  program
    .command("export")
    .description(
      `write a list to standard output: ${exports.map(({ name, description }) => `${name} (${description})`).join("; ")}`,
    )
    .argument("<list>", exports.map(({ name }) => name).join(", "))
    .argument("[key]", "of a segment")
    .argument("[parameters...]", "as NAME=VALUE, such as tags=vip,events_30d")
    .option("--format <name>", EXPORT_FORMATS.join(", "), formatOf, "csv" as const)
    .action((name: string, key: string | undefined, rest: string[], { format }: { readonly format: ExportFormat }) =>
      withStore(async ({ pool }, _progress, config) => {
        const parameters = new Map([...(key === undefined ? [] : [key]), ...rest].map(parameterOf));
        await exportTo(process.stdout, pool, { name, format, parameters, now: config.asOf ?? new Date() });
        return undefined;
      }),
    );

  const model = program.command("model").description("take in models that were trained elsewhere, and give out one's own");
  model
    .command("import")
    .description("judge a model out of a file on the sample, and promote it as one that was trained here")
    .argument("<file>", "XGBoost's JSON, or that of ml-random-forest's RandomForestClassifier")
    .requiredOption("--definition <key>", "the churn definition that it foretells")
    .option("--format <name>", MODEL_FORMATS.join(", "), oneOf(MODEL_FORMATS), "XGBOOST" as const)
    .option("--features <tags>", "its columns as keys of tags, with commas (default: the names in the file)")
    .option("--observe <instants...>", "observation dates (default: the latest whose horizon has passed)", collectInstants)
    .option("--as-of <instant>", "the instant that counts as now: outcomes are known up to it", instant)
    .option("--promote <when>", PROMOTIONS.join(", "), oneOf(PROMOTIONS), "IF_BETTER" as const)
    .action((file: string, options: ImportOptions & { readonly asOf?: Date }) =>
      withStore(async (store, progress, config) => {
        const now = nowOf(config, options.asOf);
        const report = (text: string, done: number, total: number) => progress.part(text, done, total);
        for (const line of await importModel(store, file, options, now, report)) say(line);
        return undefined;
      }),
    );
  model
    .command("export")
    .description("write a model as others load it, to standard output")
    .argument("<key>", "its definition and version, such as retail/1")
    .option("--format <name>", MODEL_FORMATS.join(", "), oneOf(MODEL_FORMATS), "XGBOOST" as const)
    .action((name: string, { format }: { readonly format: ModelFormat }) =>
      withStore(async (store) => {
        say(await exportModel(store, name, format));
        return undefined;
      }),
    );

  model
    .command("list")
    .description("the models there are, the newest first: how well each did, and what became of its forecasts")
    .argument("[definition]", "of one churn definition")
    .action((definition: string | undefined) =>
      withStore(async ({ pool }) => {
        for (const line of await listModels(pool, definition ?? null)) say(line);
        return undefined;
      }),
    );
  for (const [name, about, description] of [
    [
      "promote",
      "its definition and version, such as retail/2",
      "have a model serve, a retired one too, and score everybody by it",
    ],
    ["rollback", "the churn definition", "go back to the model that served before, and score everybody by it"],
  ] as const)
    model
      .command(name)
      .description(description)
      .argument("<key>", about)
      .option("--reason <text>", "kept in the model's history")
      .option("--as-of <instant>", "the instant that counts as now", instant)
      .action((key: string, { reason, asOf }: { reason?: string; asOf?: Date }) =>
        withStore(async (store, _progress, config) => {
          say(await serveModel(store, name, key, reason, nowOf(config, asOf)));
          return undefined;
        }),
      );

  const key = program.command("key").description("make, list and revoke the keys by which services and people are let in");
  key
    .command("create")
    .description("make a key; it is shown this once")
    .requiredOption("--role <role>", ROLES.join(", "), oneOf(ROLES))
    .option("--name <name>", "who uses it (default: the role)")
    .option("--department <key>", "the department that it acts for", COMPANY)
    .option("--sources <keys...>", "the only sources of which it may write facts (default: any)")
    .option("--expires <instant>", "until when it is taken (default: until it is revoked)", instant)
    .action(({ role, name, department, sources, expires }: KeyOptions) =>
      withStore(async (store) => {
        const key = { name: name ?? role, role, department, sources, expiresAt: expires ?? null };
        const made = await audited({ store, viewer: COMMAND_LINE }, "createApiKey", { role, department }, () =>
          createApiKey(store.pool, key, COMMAND_LINE.name, new Date()),
        );
        process.stderr.write(`${describeKey(made.key)}\nThe key is shown this once; send it as Authorization: Bearer <key>.\n`);
        say(made.secret);
        return undefined;
      }),
    );
  key
    .command("list")
    .description("the keys there are, the newest first")
    .action(() =>
      withStore(async ({ pool }) => {
        const keys = await readApiKeys(pool, null, MOST_KEYS);
        for (const each of keys) say(describeKey(each));
        if (keys.length === 0) say("there are no keys; tidemark key create --role CRM makes one");
        return undefined;
      }),
    );
  key
    .command("revoke")
    .description("end a key: within two seconds no process takes it any more")
    .argument("<prefix>", "the part before its dot, as key list shows it")
    .action((prefix: string) =>
      withStore(async (store) => {
        const revoked = await audited({ store, viewer: COMMAND_LINE }, "revokeApiKey", { key: prefix }, async () => {
          const found = await findApiKey(store.pool, prefix);
          return found && revokeApiKey(store.pool, found.id, new Date());
        });
        if (!revoked) throw new TidemarkError("NOT_FOUND", `There is no key ${prefix}; tidemark key list shows those there are.`);
        say(describeKey(revoked));
        return undefined;
      }),
    );

  program
    .command("doctor")
    .description("check the store: what it holds, how fresh it is, what is wrong")
    .action(() =>
      withStore(async (store, _progress, config) => {
        const { lines, healthy } = await doctor(store, config.asOf ?? new Date());
        for (const line of lines) say(line);
        return healthy ? EXIT_CODES.ok : EXIT_CODES.failed;
      }),
    );
  return program;
}

/** As whom commands change things: whoever runs one has the database. */
const COMMAND_LINE = ownerCalled("command line");

function describeKey({
  prefix,
  role,
  name,
  department,
  sources,
  createdAt,
  expiresAt,
  revokedAt,
  lastUsedAt,
}: ApiKeyRow): string {
  const day = (date: Date) => date.toISOString().slice(0, 10);
  return [
    `${prefix}  ${role.padEnd(7)}  ${name}${department === COMPANY ? "" : ` of ${department}`}, made ${day(createdAt)}`,
    ...(sources ? [`writes of ${sources.join(" and ")} only`] : []),
    ...(revokedAt ? [`revoked ${day(revokedAt)}`] : expiresAt ? [`expires ${day(expiresAt)}`] : []),
    lastUsedAt ? `last used ${day(lastUsedAt)}` : "never used",
  ].join(", ");
}

interface KeyOptions {
  readonly role: Role;
  readonly name?: string;
  readonly department: string;
  readonly sources?: string[];
  readonly expires?: Date;
}

interface TrainOptions {
  readonly template: string;
  readonly algorithm: Algorithm;
  readonly asOf?: Date;
  readonly observe?: Date[];
  readonly promote: Promotion;
  readonly seed: number;
  readonly tags?: string[];
  readonly allowLeaks?: string[];
}

function oneOf<T extends string>(values: readonly T[]): (text: string) => T {
  return (text) => {
    const found = values.find((value) => value === text.toUpperCase());
    if (found === undefined) throw new InvalidArgumentError(`It must be one of ${values.join(", ")}.`);
    return found;
  };
}

/** A word without a sign of equality is the key of what is exported. */
function parameterOf(text: string): [name: string, value: string] {
  const sign = text.indexOf("=");
  return sign < 0 ? ["key", text] : [text.slice(0, sign), text.slice(sign + 1)];
}

function formatOf(text: string): ExportFormat {
  const found = EXPORT_FORMATS.find((each) => each === text.toLowerCase());
  if (found === undefined) throw new InvalidArgumentError(`It must be one of ${EXPORT_FORMATS.join(", ")}.`);
  return found;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

const EARLIEST_YEAR = 1900;
const LATEST_YEAR = 2200;

function instant(text: string): Date {
  const date = new Date(text);
  const year = date.getUTCFullYear();
  // The year of an invalid date is NaN, which is within no bounds.
  if (!(year >= EARLIEST_YEAR && year <= LATEST_YEAR))
    throw new InvalidArgumentError(
      `It must be an instant such as 2011-09-10 or 2011-09-10T12:00:00Z, from ${EARLIEST_YEAR} to ${LATEST_YEAR}.`,
    );
  return date;
}

function listed(text: string): string[] {
  return text.split(",").flatMap((key) => key.trim() || []);
}

function collectInstants(text: string, before: Date[] | undefined): Date[] {
  return [...(before ?? []), instant(text)];
}
