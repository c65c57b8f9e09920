import type { LookupAddress, LookupOptions } from "node:dns";
import { describe, expect, test } from "vitest";
import { isPublicAddress } from "../../src/actions/address.js";
import { guardedLookup, post, type Resolve } from "../../src/actions/post.step.js";
import { readTarget } from "../../src/actions/webhook-url.js";

/** Each leads, or led in some client, to where a webhook must not go. */
const HOSTILE = [
  // This machine, in every way that IPv4 can be written.
  "https://127.0.0.1/",
  "https://127.1/",
  "https://127.0.1/",
  "https://2130706433/",
  "https://0x7f000001/",
  "https://0x7f.0.0.1/",
  "https://0177.0.0.1/",
  "https://017700000001/",
  "https://127.0.0.1./",
  "https://127.255.255.254/",
  "https://0.0.0.0/",
  "https://0/",
  "https://①②⑦.⓪.⓪.①/",
  "https://１２７.０.０.１/",
  "https://127。0。0。1/",
  "https://%31%32%37.0.0.1/",
  "https://localhost/",
  "https://LOCALHOST/",
  "https://localhost./",
  "https://ⓛocalhost/",
  "https://app.localhost/",
  "https://localhost.localdomain/",
  // Private networks and the metadata of clouds.
  "https://10.0.0.1/",
  "https://10.255.255.255/",
  "https://0xa.0.0.1/",
  "https://172.16.0.1/",
  "https://172.31.255.255/",
  "https://192.168.0.1/",
  "https://3232235521/",
  "https://169.254.169.254/latest/meta-data/",
  "https://0xa9fea9fe/",
  "https://2852039166/",
  "https://0251.0376.0251.0376/",
  "https://169.254.170.2/",
  "https://100.64.0.1/",
  "https://100.100.100.200/",
  "https://100.127.255.255/",
  "https://168.63.129.16/",
  "https://192.0.0.192/",
  "https://198.18.0.1/",
  "https://192.0.2.1/",
  "https://198.51.100.1/",
  "https://203.0.113.1/",
  "https://224.0.0.1/",
  "https://240.0.0.1/",
  "https://255.255.255.255/",
  "https://metadata/",
  "https://metadata.google.internal/",
  "https://printer.local/",
  "https://crm.corp/",
  // IPv6, and IPv4 within it.
  "https://[::1]/",
  "https://[::]/",
  "https://[0:0:0:0:0:0:0:1]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[::ffff:7f00:1]/",
  "https://[::ffff:169.254.169.254]/",
  "https://[::127.0.0.1]/",
  "https://[64:ff9b::7f00:1]/",
  "https://[64:ff9b::169.254.169.254]/",
  "https://[64:ff9b:1::a00:1]/",
  "https://[2002:7f00:1::]/",
  "https://[2002:a9fe:a9fe::]/",
  "https://[2001:0:7f00:1::]/",
  "https://[2001:db8::1]/",
  "https://[2001:10::1]/",
  "https://[3fff::1]/",
  "https://[3ffe::1]/",
  "https://[fe80::1]/",
  "https://[fe80::1%25eth0]/",
  "https://[fc00::1]/",
  "https://[fd00:ec2::254]/",
  "https://[ff02::1]/",
  "https://[100::1]/",
  "https://[5f00::1]/",
  "https://[::ffff:0:127.0.0.1]/",
  // Other services of a host, other schemes, other names than those that are seen.
  "http://example.com/",
  "https://example.com:22/",
  "https://example.com:25/",
  "https://example.com:5432/",
  "https://example.com:80/",
  "https://user@example.com/",
  "https://user:password@example.com/",
  "https://@example.com/",
  "https://example.com@127.0.0.1/",
  "https://127.0.0.1\\@example.com/",
  "https://example.com\\@127.0.0.1/",
  "https:\\\\example.com\\",
  "https://127.0.0.1#@example.com/",
  "https://example.com/#fragment",
  "https://exam\tple.com/",
  "https://example.com\n.evil.test/",
  " https://example.com/",
  "https://example.com\u00a0/",
  "https://example.com/\u0000",
  "ftp://example.com/",
  "file:///etc/passwd",
  "gopher://example.com:70/_x",
  "data:text/plain,x",
  "javascript:alert(1)",
  "unix:/var/run/docker.sock",
  "ws://example.com/",
  "//example.com/",
  "example.com",
  "https://",
  "https:///",
  "https://./",
  "https://example.com./",
  "https://1.1.1.1.in-addr.arpa/",
  "",
  `https://example.com/${"x".repeat(2_000)}`,
];

test("more than a hundred hostile addresses are refused, each with a sentence", () => {
  expect(HOSTILE.length).toBeGreaterThan(100);
  const taken = HOSTILE.filter((url) => typeof readTarget(url, false) !== "string");
  expect(taken).toEqual([]);
});

test("where this machine is allowed, only it is beside the public internet", () => {
  const taken = HOSTILE.filter((url) => typeof readTarget(url, true) !== "string");
  const hosts = new Set(taken.map((url) => new URL(url).hostname));
  expect([...hosts].sort()).toEqual(["127.0.0.1", "127.255.255.254", "[::1]", "localhost"]);
  expect(readTarget("http://10.0.0.1/", true)).toEqual(expect.any(String));
});

test.each([
  "https://crm.example.com/tidemark",
  "https://crm.example.com:8443/hooks?source=tidemark&x=1",
  "https://hooks.bücher.example/",
  "https://8.8.8.8/",
  "https://[2606:4700::1111]/",
  "https://100.63.255.255/",
  "https://100.128.0.1/",
  "https://172.32.0.1/",
  "https://local.example.com/",
  "https://internal-crm.example.com/",
])("%s is no false alarm", (url) => {
  expect(readTarget(url, false)).toMatchObject({ loopback: false });
});

test("an address is public, or it is not; what is none is not", () => {
  expect(["1.1.1.1", "2a00:1450:4001::1", "2001:4860:4860::8888"].filter((address) => !isPublicAddress(address))).toEqual([]);
  expect(["", "example.com", "1.1.1", "2a00::1%eth0", "::ffff:8.8.8.8"].filter(isPublicAddress)).toEqual([]);
});

/** A name server that answers one list of addresses after the other. */
function answering(...answers: string[][]): Resolve {
  const resolve = (_name: string, _options: LookupOptions, done: (error: Error | null, found: LookupAddress[]) => void) => {
    const found = answers.length > 1 ? answers.shift()! : answers[0]!;
    done(
      null,
      found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  };
  return resolve as unknown as Resolve;
}

describe("the look-up of the connection itself", () => {
  const look = (loopback: boolean, addresses: string[], all: boolean) =>
    new Promise((settle) =>
      guardedLookup(loopback, answering(addresses))("crm.example.com", { all }, (error, found) => settle(error ?? found)),
    );

  test("gives the addresses of a public name, in either form that Node asks for", async () => {
    expect(await look(false, ["8.8.8.8"], false)).toBe("8.8.8.8");
    expect(await look(false, ["8.8.8.8", "2606:4700::1111"], true)).toEqual([
      { address: "8.8.8.8", family: 4 },
      { address: "2606:4700::1111", family: 6 },
    ]);
  });

  test.each([
    [["127.0.0.1"]],
    [["8.8.8.8", "10.0.0.1"]],
    [["::1"]],
    [["2606:4700::1111", "::ffff:127.0.0.1"]],
    [["169.254.169.254"]],
    [[]],
  ])("refuses a name that leads to %j, even beside what is public", async (addresses) => {
    expect(await look(false, addresses, true)).toBeInstanceOf(Error);
  });

  test("lets names of this machine lead to this machine alone", async () => {
    expect(await look(true, ["127.0.0.1"], false)).toBe("127.0.0.1");
    expect(await look(true, ["10.0.0.1"], false)).toBeInstanceOf(Error);
    expect(await look(true, ["8.8.8.8"], false)).toBeInstanceOf(Error);
  });

  test("is asked at each connection, so a name that was bound anew is caught when it is connected to", async () => {
    const resolve = answering(["127.0.0.1"]);
    const answer = await post("https://rebound.example.com/", { headers: {}, body: "{}", allowLoopback: true, resolve });
    expect(answer).toEqual({ status: null, error: expect.stringContaining("not of the public internet") });
  });
});
