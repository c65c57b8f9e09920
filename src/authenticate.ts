import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Config, isLoopback } from "./config.js";
import { HttpRefusal } from "./gate/refusal.js";
import type { Role, Viewer } from "./request.js";

/** Who sends a request with these headers; throws an HttpRefusal for nobody known. */
export type Authenticate = (headers: IncomingHttpHeaders) => Viewer;

/**
 * Two ways to be known. With a key (`Authorization: Bearer ...`), everywhere. Without one, only where whoever can connect is
 * at the machine itself already: the embedded store, served on loopback, with no admin key set.
 */
export function authenticator(config: Pick<Config, "host" | "adminKey">, embedded: boolean): Authenticate {
  const open = embedded && isLoopback(config.host) && config.adminKey === undefined;
  const holder = keyHolders(config);
  return (headers) => {
    if (open) refuseForeignPages(headers);
    if (open && headers.authorization === undefined) return { role: "OWNER", name: "local owner" };
    const key = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(headers.authorization ?? "")?.[1];
    const viewer = key === undefined ? undefined : holder(hashOf(key));
    if (viewer) return viewer;
    throw new HttpRefusal(
      401,
      "UNAUTHENTICATED",
      headers.authorization === undefined
        ? "The request carries no key; send it as Authorization: Bearer <key>."
        : "That key is not known here; send a valid one as Authorization: Bearer <key>.",
      { "www-authenticate": 'Bearer realm="tidemark"' },
    );
  };
}

/** Whom the schema is shown to: by introspection, and by names suggested in messages. */
export function mayIntrospect({ role }: Viewer): boolean {
  return (["OWNER", "ANALYST"] satisfies readonly Role[] as readonly Role[]).includes(role);
}

/** The one place where keys are looked up, by their hash. */
function keyHolders({ adminKey }: Pick<Config, "adminKey">): (hash: Buffer) => Viewer | undefined {
  const admin = adminKey === undefined ? undefined : hashOf(adminKey);
  return (hash) => (admin && timingSafeEqual(hash, admin) ? { role: "OWNER", name: "admin key" } : undefined);
}

// A key is 256 random bits, so a plain hash is enough: 3 microseconds, where argon2 on every request would be a denial of service.
function hashOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
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
