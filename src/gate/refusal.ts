import { type ErrorCode, TidemarkError } from "../errors.js";

/** A request that is answered before it reaches the graph: an HTTP status beside the code and the sentence with the remedy. */
export class HttpRefusal extends TidemarkError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(code, message);
    this.status = status;
    this.headers = headers;
  }
}
