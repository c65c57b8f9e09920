import { SETTINGS } from "./config.js";
import { EXIT_CODES } from "./errors.js";

/** The settings as they are shown after every --help. */
export function settingsHelp(): string {
  const width = Math.max(...SETTINGS.map(({ name }) => name.length));
  return [
    "Settings (environment):",
    ...SETTINGS.map(({ name, meaning, standard }) => `  ${name.padEnd(width)}  ${meaning} (default: ${standard})`),
    "",
    "Exit status:",
    `  ${EXIT_CODES.ok}  done`,
    `  ${EXIT_CODES.failed}  failed; the message says why`,
    `  ${EXIT_CODES.usage}  an option, a setting, a file or a map cannot be used`,
    `  ${EXIT_CODES.someRowsRejected}  imported, but some rows were rejected`,
    `  ${EXIT_CODES.storeUnavailable}  the database cannot be reached, or is newer than this program`,
    `  ${EXIT_CODES.refused}  refused: there is no sample, no signal, or no champion for it`,
    "",
  ].join("\n");
}

export function serveHelp(): string {
  return [
    "Usage: npm start [-- --empty]",
    "",
    "Serves Tidemark: GraphQL at /graphql, GraphiQL at /graphiql, readiness at /readyz.",
    "",
    "Options:",
    "  --empty  do not fill an empty store with the simulated population",
    "  --help   show this",
    "",
    "Everything else: npx tidemark --help",
    "",
    settingsHelp(),
  ].join("\n");
}
