import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { post, type Resolve } from "../../src/actions/post.step.js";

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
});

/** An endpoint that speaks as it likes. */
async function endpoint(speak: (socket: Socket, request: number) => void): Promise<string> {
  const server = createServer((socket) => {
    let requests = 0;
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", () => speak(socket, ++requests));
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`;
}

const WITHIN_MS = 300;
const send = (url: string) => post(url, { headers: {}, body: "{}", allowLoopback: true, withinMs: WITHIN_MS });
const head = (status: string) => `HTTP/1.1 ${status}\r\n`;

test.each([
  ["a header that does not end", `${head("200 OK")}X: ${"x".repeat(20_000)}`, null],
  ["no HTTP", "SSH-2.0-OpenSSH_9.0\r\n", null],
  ["another protocol", `${head("101 Switching Protocols")}Connection: Upgrade\r\nUpgrade: x\r\n\r\n`, null],
  ["that it will answer, for ever", `${head("100 Continue")}\r\n`, null],
  ["a body that does not end", `${head("200 OK")}Content-Length: 999999\r\n\r\n${"x".repeat(100_000)}`, 200],
  ["a body that does not come", `${head("202 Accepted")}Content-Length: 5\r\n\r\n`, 202],
  [
    "a redirect to what is inside",
    `${head("307 Temporary Redirect")}Location: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n`,
    307,
  ],
])("an endpoint that answers %s ends an attempt in time", async (_what, text, status) => {
  const answer = await send(await endpoint((socket) => socket.write(text)));
  expect(answer.status).toBe(status);
  if (status === null) expect(answer.error).toMatch(/^(no answer within|the connection)/);
});

test("an endpoint that closes the connection is a failure; one that closed a kept one is asked anew at once", async () => {
  expect(await send(await endpoint((socket) => socket.destroy()))).toMatchObject({ status: null });
  let taken = 0;
  const url = await endpoint((socket, request) => {
    if (request > 1) return socket.resetAndDestroy();
    taken++;
    socket.write(`${head("204 No Content")}\r\n`);
  });
  expect(await send(url)).toEqual({ status: 204 });
  expect(await send(url)).toEqual({ status: 204 });
  expect(taken).toBe(2);
});

test("a name that is never resolved ends an attempt in time", async () => {
  const resolve = (() => {}) as unknown as Resolve;
  const answer = await post("https://crm.example.com/", { headers: {}, body: "{}", allowLoopback: false, withinMs: 50, resolve });
  expect(answer).toEqual({ status: null, error: "no answer within 0.05 s" });
});
