import { createPublicKey, type KeyObject } from "node:crypto";
import { TidemarkError } from "./errors.js";

/** How people are known by tokens (JWT) that the company's identity provider signs. */
export interface TokenSettings {
  /** Where the provider's keys are read, or the one key. */
  readonly keys: URL | KeyObject;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  /** The claims that say what somebody is. */
  readonly claims: { readonly role: string; readonly department: string; readonly user: string; readonly source: string };
}

export const TOKEN_SETTINGS = [
  {
    name: "TIDEMARK_JWKS_URL",
    meaning: "where the keys are read by which people's tokens (JWT) are signed",
    standard: "none: no tokens",
  },
  { name: "TIDEMARK_JWT_PUBLIC_KEY", meaning: "instead of that: the one public key, as PEM", standard: "none" },
  { name: "TIDEMARK_JWT_ISSUER", meaning: "who has to have issued a token (iss); needed with either", standard: "none" },
  { name: "TIDEMARK_JWT_AUDIENCE", meaning: "for whom a token has to be (aud); needed with either", standard: "none" },
  { name: "TIDEMARK_JWT_ALGORITHMS", meaning: "by which a token may be signed", standard: "RS256, ES256, EdDSA" },
  { name: "TIDEMARK_JWT_ROLE_CLAIM", meaning: "the claim that says somebody's role: ANALYST, CRM or APP", standard: "role" },
  { name: "TIDEMARK_JWT_DEPARTMENT_CLAIM", meaning: "the claim that says the department's key", standard: "department" },
  { name: "TIDEMARK_JWT_USER_CLAIM", meaning: "of the role APP: the claim with the user's own external id", standard: "sub" },
  { name: "TIDEMARK_JWT_SOURCE_CLAIM", meaning: "of the role APP: the claim with the source of that id", standard: "source" },
] as const;

/** Signatures that need no secret here. */
const SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

/** @returns undefined where no tokens are taken @throws TidemarkError BAD_SETTING */
export function readTokenSettings(text: (name: string) => string | undefined): TokenSettings | undefined {
  const url = text("TIDEMARK_JWKS_URL");
  const pem = text("TIDEMARK_JWT_PUBLIC_KEY");
  if (url === undefined && pem === undefined) return undefined;
  if (url !== undefined && pem !== undefined)
    throw bad("TIDEMARK_JWT_PUBLIC_KEY is set beside TIDEMARK_JWKS_URL; set one of them.");
  const needed = (name: string) => {
    const value = text(name);
    if (value === undefined) throw bad(`${name} is not set; without it tokens for others would be taken here.`);
    return value;
  };
  const algorithms = (text("TIDEMARK_JWT_ALGORITHMS") ?? "RS256, ES256, EdDSA").split(/[\s,]+/).filter((each) => each !== "");
  const unknown = algorithms.find((each) => !SIGNATURES.includes(each));
  if (unknown !== undefined || algorithms.length === 0)
    throw bad(`TIDEMARK_JWT_ALGORITHMS has ${JSON.stringify(unknown ?? "")}; it takes some of ${SIGNATURES.join(", ")}.`);
  return {
    keys: url === undefined ? publicKey(pem!) : keysUrl(url),
    issuer: needed("TIDEMARK_JWT_ISSUER"),
    audience: needed("TIDEMARK_JWT_AUDIENCE"),
    algorithms,
    claims: {
      role: text("TIDEMARK_JWT_ROLE_CLAIM") ?? "role",
      department: text("TIDEMARK_JWT_DEPARTMENT_CLAIM") ?? "department",
      user: text("TIDEMARK_JWT_USER_CLAIM") ?? "sub",
      source: text("TIDEMARK_JWT_SOURCE_CLAIM") ?? "source",
    },
  };
}

function keysUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = url !== undefined && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLocal)) return url;
  throw bad(`TIDEMARK_JWKS_URL is ${JSON.stringify(text.slice(0, 200))}; it takes an address that begins with https.`);
}

function publicKey(pem: string): KeyObject {
  try {
    // In an environment a line break is often written as two characters.
    return createPublicKey(pem.replaceAll("\\n", "\n"));
  } catch {
    throw bad("TIDEMARK_JWT_PUBLIC_KEY is no public key; it takes PEM, from -----BEGIN PUBLIC KEY----- on.");
  }
}

function bad(message: string): TidemarkError {
  return new TidemarkError("BAD_SETTING", message);
}
