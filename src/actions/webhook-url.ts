import { isIP } from "node:net";
import { isLoopbackAddress, isPublicAddress } from "./address.js";

export const LONGEST_URL = 2_000;
/** A port is a service: with any other a webhook could speak to mail servers, databases and caches. */
const PORTS = new Set(["", "443", "8443"]);
/** Names that only mean something inside a network. */
const INNER = /(^|\.)(localhost|localdomain|local|internal|intranet|lan|corp|home|home\.arpa|in-addr\.arpa|ip6\.arpa|onion)$/;

/** Where a webhook is sent. */
export interface Target {
  readonly url: URL;
  /** Without the brackets of IPv6. */
  readonly host: string;
  /** It is this machine itself, which has to be allowed. */
  readonly loopback: boolean;
}

/**
 * Reads an address that a webhook is to be sent to, or says in a sentence why it is not. What a name leads to is checked at each connection
 * (post.step.ts); here is refused what can be seen by itself.
 */
export function readTarget(text: string, allowLoopback: boolean): Target | string {
  if (text.length > LONGEST_URL) return `A webhook's url has at most ${LONGEST_URL} characters.`;
  // The URL parser mends these silently, and others mend them differently.
  if (/[^\x21-\x7e]|[\\<>"{}|^`]/.test(text.replace(/[\u00a1-\u{10ffff}]/gu, "x")) || !URL.canParse(text))
    return "url is no address of the web; give one such as https://crm.example.com/tidemark.";
  const url = new URL(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (url.username !== "" || url.password !== "" || /^[a-z]+:\/*[^/?#]*@/i.test(text))
    return "url names a user or a password; receivers know Tidemark by its signature.";
  if (url.hash !== "") return "url has a fragment (#...), which is never sent; leave it out.";
  if (allowLoopback && (host === "localhost" || isLoopbackAddress(host)))
    return url.protocol === "https:" || url.protocol === "http:"
      ? { url, host, loopback: true }
      : "url begins with https:// (or http://, on this machine).";
  if (url.protocol !== "https:") return "url begins with https://.";
  if (!PORTS.has(url.port)) return "url names a port other than 443 and 8443.";
  if (isIP(host) !== 0)
    return isPublicAddress(host) ? { url, host, loopback: false } : "url leads to an address that is not of the public internet.";
  if (host.endsWith(".") || !host.includes(".") || INNER.test(host))
    return "url names a host that is not of the public internet; give its whole name, such as crm.example.com.";
  return { url, host, loopback: false };
}
