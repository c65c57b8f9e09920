import { GraphQLError } from "graphql";

/** Every way to be told no: the code a client acts on, and when it is said. The sentence with the remedy is made where it is known. */
export const ERROR_CODES = {
  BAD_INPUT: "an argument is malformed or out of its bounds; the message names it and says what fits",
  NOT_FOUND: "nothing has that id or key",
  UNKNOWN_USER: "no user has that external id (and source)",
  AMBIGUOUS_USER: "several sources know that external id; name the source",
  UNKNOWN_TAG: "an expression or a write names a tag that is not in the library",
  UNKNOWN_SEGMENT: "an expression names a segment that does not exist",
  UNKNOWN_EVENT_TYPE: "an event's type is not in the catalogue; declare it with saveEventType",
  UNKNOWN_SOURCE: "no data has come from that source",
  BAD_ROW: "one row of a bulk write cannot be taken; the others are not affected",
  BAD_DATE: "a date cannot be read, or lies outside the years 1900 to 2200",
  BAD_AMOUNT: "an amount is not a finite decimal within bounds",
  TOO_LONG: "a text is longer than its bound",
  BAD_CHARACTER: "a text has a NUL byte or a lone surrogate",
  TOO_MANY_ROWS: "a bulk mutation takes at most 10,000 rows",
  TOO_COMPLEX: "a document, an expression or a page is larger than its bound",
  TAG_NOT_WRITABLE: "the tag is computed, so it cannot be assigned by hand",
  CONFLICT: "the thing changed meanwhile, or the key is taken",
  NO_SAMPLE: "too few users or only one outcome at those dates to train on",
  LEAK_SUSPECTED: "a tag tells almost perfectly who churned, as only what was known afterwards does; the message names it",
  NO_SIGNAL: "the model found no usable signal, so it is not promoted",
  NO_CHAMPION: "no model has been promoted yet; train one with trainChurnModel",
  STALE_AS_OF: "the store has already been brought past that day; ask on demand with asOf instead",
  CANCELLED: "the job was cancelled",
  UNAUTHENTICATED: "the request carries no valid key",
  FORBIDDEN:
    "the caller's role does not allow that, or it belongs to a department that has not shared it; the message names whom to ask",
  URL_REFUSED: "a webhook is not sent to that address; the message says why",
  TOO_FEW: "what another department lent for counting would tell about too few users; ask about more",
  STORE_UNAVAILABLE: "the database cannot be reached or started",
  STORE_NEWER: "the store was written by a newer version of Tidemark",
  PORT_IN_USE: "another process listens on that port",
  BAD_SETTING: "an environment variable has a value that cannot be used",
  BAD_MAP: "an import map is broken; the message names the field",
  BAD_FILE: "a file cannot be read",
  UNAVAILABLE: "the service is overloaded or shutting down; try again after the time in Retry-After",
  INTERNAL: "a defect of ours: the message carries an id under which it was logged",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What scripts see as the exit status of a command. */
export const EXIT_CODES = { ok: 0, failed: 1, usage: 2, someRowsRejected: 3, storeUnavailable: 4, refused: 5 } as const;

/** An error of the caller's, or of the surroundings: a stable code and a sentence that names the remedy. Shown as it is. */
export class TidemarkError extends GraphQLError {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message, { extensions: { ...details, code } });
    this.code = code;
    this.name = "TidemarkError";
  }
}

/** States what must hold in our own code; a failure is a defect of ours and is masked outside. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Assertion failed: ${message}`);
}

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof TidemarkError)) return EXIT_CODES.failed;
  switch (error.code) {
    case "STORE_UNAVAILABLE":
    case "STORE_NEWER":
      return EXIT_CODES.storeUnavailable;
    case "BAD_SETTING":
    case "BAD_MAP":
    case "BAD_FILE":
    case "BAD_INPUT":
    case "NOT_FOUND":
    case "UNKNOWN_TAG":
    case "PORT_IN_USE":
      return EXIT_CODES.usage;
    case "NO_SAMPLE":
    case "LEAK_SUSPECTED":
    case "NO_SIGNAL":
    case "NO_CHAMPION":
    case "STALE_AS_OF":
      return EXIT_CODES.refused;
    default:
      return EXIT_CODES.failed;
  }
}
