import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import { HttpRefusal } from "./gate/refusal.js";
import { findMember, type KnownMember } from "./people/member.step.js";
import { ROLES, type Role, type Viewer } from "./request.js";
import type { Session } from "./store/pool.js";
import type { TokenSettings } from "./token-settings.js";

/** Clocks of an identity provider and of this machine differ by a little. */
const CLOCKS_APART_SECONDS = 5;
const LONGEST_CLAIM = 255;

/** Whether a bearer credential has the form of a token: three parts, the first of them JSON. */
export function looksLikeToken(credential: string): boolean {
  return /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(credential);
}

/**
 * Who a token says somebody is: signed by a key of the provider, by an algorithm that is listed, for this service, and not past its time. What the
 * owner entered about a member stands above what the token claims; nobody is the owner by a claim.
 */
export function tokenHolders(settings: TokenSettings, session: Session): (token: string) => Promise<Viewer> {
  const { keys, issuer, audience } = settings;
  const options = {
    issuer,
    audience,
    algorithms: [...settings.algorithms],
    requiredClaims: ["exp", "sub"],
    clockTolerance: CLOCKS_APART_SECONDS,
  };
  const remote = keys instanceof URL ? createRemoteJWKSet(keys, { timeoutDuration: 2_000 }) : undefined;
  return async (token) => {
    const verified = remote ? jwtVerify(token, remote, options) : jwtVerify(token, keys as Exclude<typeof keys, URL>, options);
    const { payload } = await verified.catch((error: unknown) => {
      throw refusalOf(error);
    });
    const subject = payload.sub;
    if (subject === undefined || subject.length > LONGEST_CLAIM || subject.includes("\0")) throw unauthenticated(NOT_VALID);
    return viewerOf(subject, payload, await findMember(session, subject), settings);
  };
}

function viewerOf(subject: string, payload: JWTPayload, member: KnownMember | undefined, { claims }: TokenSettings): Viewer {
  if (member?.removedAt) throw unauthenticated("You are no member any more; ask the owner.");
  const role = member?.role ?? claimedRole(payload[claims.role]);
  if (role === undefined)
    throw new HttpRefusal(
      403,
      "FORBIDDEN",
      `Your token claims no role in ${claims.role}; ask the owner to enter you as a member.`,
    );
  const name = member?.name ?? textOf(payload.name) ?? subject;
  const own = textOf(payload[claims.user]);
  if (role === "APP" && own === undefined)
    throw new HttpRefusal(
      403,
      "FORBIDDEN",
      `Your token does not say in ${claims.user} which user you are; ask whoever issued it.`,
    );
  return {
    role,
    name,
    id: `person:${subject}`,
    department: member?.department ?? textOf(payload[claims.department]) ?? null,
    sources: null,
    self: role === "APP" ? { externalId: own!, source: textOf(payload[claims.source]) ?? null } : null,
  };
}

/** One role or several; OWNER is entered by the owner alone. */
function claimedRole(claim: unknown): Role | undefined {
  const claimed: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return ROLES.find((role) => role !== "OWNER" && claimed.includes(role));
}

function textOf(claim: unknown): string | undefined {
  const text = typeof claim === "number" ? String(claim) : claim;
  return typeof text === "string" && text !== "" && text.length <= LONGEST_CLAIM && !text.includes("\0") ? text : undefined;
}

const NOT_VALID = "That token is not valid here; sign in again.";

function refusalOf(error: unknown): HttpRefusal {
  if (error instanceof errors.JWTExpired) return unauthenticated("That token has expired; sign in again.");
  if (
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    !(error instanceof errors.JOSEError) ||
    error.code === "ERR_JOSE_GENERIC"
  )
    return new HttpRefusal(503, "UNAVAILABLE", "The keys of the identity provider cannot be read at the moment; try again.", {
      "retry-after": "1",
    });
  return unauthenticated(NOT_VALID);
}

function unauthenticated(message: string): HttpRefusal {
  return new HttpRefusal(401, "UNAUTHENTICATED", message, { "www-authenticate": 'Bearer realm="tidemark"' });
}
