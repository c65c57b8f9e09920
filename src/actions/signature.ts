import { createHmac, randomBytes } from "node:crypto";

/*
 * Standard Webhooks (standardwebhooks.com, version 1): the signature is the HMAC-SHA256 of `id.timestamp.body` under the secret's bytes, so
 * that nobody else can send a message, change it, or send it again later.
 */

const PREFIX = "whsec_";
/** The standard asks for 24 to 64. */
const SECRET_BYTES = 32;

export function newSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString("base64");
}

/** One message as it is signed. */
export interface Signed {
  readonly id: string;
  /** Whole seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

/** `v1,` and the signature in base64. */
export function sign(secret: string, { id, timestamp, body }: Signed): string {
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}

/** The headers of a message; with several secrets, while one is being replaced, it is signed by each. */
export function signedHeaders(secrets: readonly string[], message: Signed): Record<string, string> {
  return {
    "webhook-id": message.id,
    "webhook-timestamp": String(message.timestamp),
    "webhook-signature": secrets.map((secret) => sign(secret, message)).join(" "),
  };
}
