import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly id: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly message: any;
}

/** What a receiver answers: a status, a redirect, or nothing at all. */
export type Reply = number | { readonly location: string } | "silence";

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** What it answers to the next requests, the last for ever. */
  reply(...replies: Reply[]): void;
  /** Waits until so many requests have come. */
  until(count: number): Promise<readonly Received[]>;
  close(): Promise<void>;
}

const WITHIN_MS = 15_000;

/** A real HTTP endpoint on loopback that keeps what it is sent. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let replies: Reply[] = [204];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const { headers, url: path = "" } = request;
    received.push({ id: String(headers["webhook-id"]), path, headers, body, message: JSON.parse(body) });
    const reply = replies.length > 1 ? replies.shift()! : replies[0]!;
    if (reply === "silence") return;
    if (typeof reply === "number") response.writeHead(reply).end(reply === 204 ? undefined : "what went wrong with your user");
    else response.writeHead(302, reply).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    reply(...given) {
      replies = given;
    },
    async until(count) {
      const deadline = Date.now() + WITHIN_MS;
      while (received.length < count) {
        if (Date.now() > deadline) throw new Error(`${received.length} of ${count} messages came.`);
        await new Promise((done) => setTimeout(done, 10));
      }
      return received;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** What a receiver does that was written from the standard's text alone. */
export function verifies(secret: string, { headers, body }: Received): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const wanted = createHmac("sha256", key).update(signed).digest("base64");
  return String(headers["webhook-signature"])
    .split(" ")
    .some((each) => each === `v1,${wanted}`);
}
