import { BlockList, isIP, isIPv4 } from "node:net";

/*
 * Which addresses a webhook may be sent to: those of the public internet. Whoever makes a webhook chooses where this machine connects to,
 * so whatever stands beside it (the cloud's metadata, a database, the service itself) has to be out of reach. For IPv6 it is said what is
 * allowed, for IPv4 what is not, as the registries of special-purpose addresses of IANA do (RFC 6890).
 */

const FORBIDDEN_IPV4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  // Shared by providers and their customers; some clouds keep their metadata there.
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  // Link-local: the metadata of most clouds.
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  // Public by its number, and inside of every machine of one cloud.
  ["168.63.129.16", 32],
] as const;

/** Parts of 2000::/3 that lead elsewhere: tunnels that carry an IPv4 address, documentation, measurements, what was given back. */
const FORBIDDEN_IPV6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3ffe::", 16],
  ["3fff::", 20],
] as const;

const forbidden = new BlockList();
for (const [net, prefix] of FORBIDDEN_IPV4) forbidden.addSubnet(net, prefix, "ipv4");
for (const [net, prefix] of FORBIDDEN_IPV6) forbidden.addSubnet(net, prefix, "ipv6");

const globalIpv6 = new BlockList();
globalIpv6.addSubnet("2000::", 3, "ipv6");

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether an address as text is one of the public internet; what is no address is none. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes("%")) return false;
  if (isIPv4(address)) return !forbidden.check(address, "ipv4");
  return globalIpv6.check(address, "ipv6") && !forbidden.check(address, "ipv6");
}

/** Whether an address is this machine's own. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !address.startsWith("::ffff:") && loopback.check(address, family === 4 ? "ipv4" : "ipv6");
}
