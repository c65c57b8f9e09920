import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Config, isLoopback } from "./config.js";
import { HttpRefusal } from "./gate/refusal.js";
import { findApiKey, hashOfKey, prefixOfKey, touchApiKey } from "./people/api-key.step.js";
import { ownerCalled, type Role, type Viewer } from "./request.js";
import type { Session } from "./store/pool.js";
import { looksLikeToken, tokenHolders } from "./token.js";

/** Who sends a request with these headers; throws an HttpRefusal for nobody known. */
export type Authenticate = (headers: IncomingHttpHeaders) => Viewer | Promise<Viewer>;

/**
 * Three ways to be known. With a key (`Authorization: Bearer ...`), everywhere; in the same way with a token of the company's identity
 * provider, where one is set. Without either, only where whoever can connect is
 * at the machine itself already: the embedded store, served on loopback, with no admin key set.
 */
export function authenticator(
  config: Pick<Config, "host" | "adminKey" | "tokens">,
  embedded: boolean,
  session: Session | undefined,
): Authenticate {
  const open = embedded && isLoopback(config.host) && config.adminKey === undefined;
  const admin = adminOf(config);
  const holder = session && keyHolders(session);
  const person = session && config.tokens && tokenHolders(config.tokens, session);
  return (headers) => {
    if (open) refuseForeignPages(headers);
    if (open && headers.authorization === undefined) return ownerCalled("local owner");
    const key = /^Bearer +([\x21-\x7e]{1,4096})$/i.exec(headers.authorization ?? "")?.[1];
    if (key !== undefined && person && looksLikeToken(key)) return person(key);
    if (key === undefined)
      throw unauthenticated(
        headers.authorization === undefined ? "The request carries no key; send it as Authorization: Bearer <key>." : NOT_KNOWN,
      );
    const owner = admin(hashOfKey(key));
    if (owner) return owner;
    if (!holder || prefixOfKey(key) === undefined) throw unauthenticated(NOT_KNOWN);
    return holder(key);
  };
}

const NOT_KNOWN = "That key is not known here; send a valid one as Authorization: Bearer <key>.";

function unauthenticated(message: string): HttpRefusal {
  return new HttpRefusal(401, "UNAUTHENTICATED", message, { "www-authenticate": 'Bearer realm="tidemark"' });
}

/** Whom the schema is shown to: by introspection, and by names suggested in messages. */
export function mayIntrospect({ role }: Pick<Viewer, "role">): boolean {
  return (["OWNER", "ANALYST"] satisfies readonly Role[] as readonly Role[]).includes(role);
}

function adminOf({ adminKey }: Pick<Config, "adminKey">): (hash: Buffer) => Viewer | undefined {
  const admin = adminKey === undefined ? undefined : hashOfKey(adminKey);
  return (hash) => (admin && timingSafeEqual(hash, admin) ? ownerCalled("admin key") : undefined);
}

/** What was read of a key counts for so long: a revoked one is taken no longer than that. */
const KNOWN_FOR_MS = 2_000;
const MOST_KNOWN = 1_000;

/** The one place where keys are looked up: by their prefix, and then by the hash of the whole. */
function keyHolders(session: Session): (key: string) => Promise<Viewer> {
  const known = new Map<string, { readonly until: number; readonly found: ReturnType<typeof findApiKey> }>();
  return async (key) => {
    const now = Date.now();
    const prefix = prefixOfKey(key)!;
    let entry = known.get(prefix);
    if (!entry || entry.until < now) {
      entry = { until: now + KNOWN_FOR_MS, found: findApiKey(session, prefix) };
      // The oldest fall out; a prefix that nobody has is remembered like any other.
      known.delete(prefix);
      known.set(prefix, entry);
      if (known.size > MOST_KNOWN) known.delete(known.keys().next().value!);
    }
    const found = await entry.found.catch((error: unknown) => {
      known.delete(prefix);
      throw error;
    });
    if (!found || !timingSafeEqual(hashOfKey(key), found.hash)) throw unauthenticated(NOT_KNOWN);
    if (found.revokedAt) throw unauthenticated("That key has been revoked; ask the owner for another.");
    if (found.expiresAt && found.expiresAt.getTime() <= now)
      throw unauthenticated("That key has expired; ask the owner for another.");
    // A key in use is noted now and then, and no request waits or fails for that.
    if (!found.lastUsedAt || found.lastUsedAt.getTime() < now - 60_000)
      void touchApiKey(session, found.id, new Date(now)).catch(() => {});
    const { id, role, name, department, sources } = found;
    return { role, name, id: `key:${id}`, department, sources, self: null };
  };
}

/**
 * Without keys a page of any site, open in a browser on this machine, could act as the owner. Browsers say where a request
 * comes from: a foreign Origin or Sec-Fetch-Site gives the page away, a foreign Host a name that was rebound to loopback.
 */
function refuseForeignPages(headers: IncomingHttpHeaders): void {
  const host = hostOf(`http://${headers.host ?? ""}`);
  if (!host || !isLoopback(host.hostname.replace(/^\[(.*)\]$/, "$1")))
    throw foreign("The request names another host than this machine; call 127.0.0.1 or localhost");
  const { origin } = headers;
  if (origin !== undefined && hostOf(origin)?.host !== host.host)
    throw foreign("The request comes from a page of another origin");
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none")
    throw foreign("The request comes from a page of another site");
}

function hostOf(url: string): URL | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed?.protocol === "http:" ? parsed : undefined;
}

function foreign(what: string): HttpRefusal {
  return new HttpRefusal(403, "FORBIDDEN", `${what}, or set TIDEMARK_ADMIN_KEY and send it as Authorization: Bearer <key>.`);
}
