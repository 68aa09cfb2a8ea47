import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAws } from "../../cli/emulator/aws";
import { EmulatorControl } from "../../cli/emulator/client";
import { startEndpoint } from "../../cli/emulator/endpoint";
import { fetchWith, socketAgent } from "../../cli/emulator/moto-socket";
import { buildParts } from "../../cli/emulator/parts";

const folder = mkdtempSync(join(tmpdir(), "natsform-endpoint-"));
const open: Server[] = [];
afterAll(() => {
  for (const server of open) server.close();
  rmSync(folder, { recursive: true, force: true });
});

const key = "4f1d";
/** What reached it, in the place of moto: one cluster, whatever is asked. */
const passed: string[] = [];
async function fakeMoto() {
  const server = createServer(({ headers }, response) => {
    passed.push(`${headers["x-amz-target"]}`);
    response.end(JSON.stringify({ clusterArns: ["core"] }));
  });
  open.push(server);
  const socket = join(folder, `moto-${open.length}`);
  await new Promise<void>((listening) => server.listen(socket, listening));
  const agent = socketAgent(socket);
  return { agent, url: "http://localhost", key: "emulator", fetch: fetchWith(agent) };
}

async function start(meanwhile: (endpoint: string) => void = () => undefined) {
  const moto = await fakeMoto();
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const { server, url } = await startEndpoint({ moto, key, log }, (endpoint) => {
    meanwhile(endpoint);
    return buildParts(connectAws(moto), { folder, bootstrap: "", endpoint, key, overrides: {}, log });
  });
  open.push(server);
  return { url, lines };
}

const listClusters = (endpoint: string, with_ = key) =>
  connectAws({ url: endpoint, key: with_ }).json("eu-west-1", "ecs", "ListClusters", {});

test("requests that arrive while the emulator is still being made are answered by all of it", async () => {
  const early: Promise<unknown>[] = [];
  const { url, lines } = await start((endpoint) => {
    // The address is known from here on: these are the earliest requests that there can be.
    early.push(new EmulatorControl({ url: endpoint, key }).state(), listClusters(endpoint));
  });
  expect(await Promise.all(early)).toEqual([
    { idle: true, functions: [], invocations: [], services: [], tasks: [] },
    { clusterArns: ["core"] },
  ]);
  expect(await new EmulatorControl({ url, key }).state()).toMatchObject({ idle: true });
  expect(lines).toEqual([]);
});

describe("callers", () => {
  let url = "";
  let port = "";
  beforeAll(async () => {
    url = (await start()).url;
    port = new URL(url).port;
  });
  beforeEach(() => {
    passed.length = 0;
  });

  const signed = (id: string, service = "ecs") =>
    `AWS4-HMAC-SHA256 Credential=${id}/20260101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
  /** The status and text of an answer to exactly these headers. */
  const call = (path: string, headers: Record<string, string>, method = "POST", body = method === "GET" ? "" : "{}") =>
    new Promise<{ status?: number; text: string }>((resolve, reject) => {
      const sent = request(url + path, { method, headers, setHost: false }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
        });
        answer.on("end", () => resolve({ status: answer.statusCode, text }));
      });
      sent.on("error", reject).end(body);
    });
  const ecs = { "x-amz-target": "AmazonEC2ContainerServiceV20141113.ListClusters" };

  test.each([
    ["the address", () => `127.0.0.1:${port}`],
    ["its name", () => `localhost:${port}`],
  ])("with the key, under %s, are answered", async (_, host) => {
    expect(await call("/", { ...ecs, host: host(), authorization: signed(key) })).toMatchObject({ status: 200 });
    expect(await call("/_emulator/state", { host: host(), authorization: `Bearer ${key}` }, "GET")).toMatchObject({
      status: 200,
    });
    expect(passed).toEqual([ecs["x-amz-target"]]);
  });

  const own = () => `127.0.0.1:${port}`;
  test.each<[string, () => Record<string, string>]>([
    ["nothing", () => ({ host: own() })],
    ["invented credentials", () => ({ host: own(), authorization: signed("emulator") })],
    ["a part of the key", () => ({ host: own(), authorization: signed(key.slice(0, -1)) })],
    ["no access key id", () => ({ host: own(), authorization: signed("") })],
    ["an empty token", () => ({ host: own(), authorization: "Bearer " })],
    ["the key elsewhere in the header", () => ({ host: own(), authorization: `Basic ${key}` })],
    ["the key in another scheme", () => ({ host: own(), authorization: `AWS ${signed(key)}` })],
    ["the key, as a page whose name points here", () => ({ host: `evil.example:${port}`, authorization: signed(key) })],
    ["the same with a token", () => ({ host: `evil.example:${port}`, authorization: `Bearer ${key}` })],
    ["the key, for another port", () => ({ host: "127.0.0.1:1", authorization: signed(key) })],
    ["the key, without a port", () => ({ host: "127.0.0.1", authorization: signed(key) })],
  ])("with %s are refused, and nothing happens", async (_, headers) => {
    const every = [
      await call("/", { ...ecs, ...headers() }),
      await call("/2015-03-31/functions", headers()),
      await call("/moto-api/reset", headers()),
      await call("/bucket/key", headers(), "PUT"),
      await call("/_emulator/state", headers(), "GET"),
      await call("/_emulator/faults", headers(), "POST", '{"service":"ecs","kind":"throttle"}'),
    ];
    expect(every.map(({ status }) => status)).toEqual(every.map(() => 403));
    expect(every.map(({ text }) => text).join()).not.toContain(key);
    expect(passed).toEqual([]);
    expect(await listClusters(url)).toEqual({ clusterArns: ["core"] });
  });

  test("learn why, in the words of the service that they asked", async () => {
    const host = own();
    await expect(listClusters(url, "invented")).rejects.toThrow(/UnrecognizedClientException: .*emulator\.json/);
    expect(await call("/", { host, authorization: signed("invented", "ec2") })).toMatchObject({
      text: expect.stringContaining("<Response><Errors><Error><Code>UnrecognizedClientException</Code>"),
    });
    expect(await call("/", { host, authorization: signed("invented", "route53") })).toMatchObject({
      text: expect.stringContaining(
        "<ErrorResponse><Error><Type>Sender</Type><Code>UnrecognizedClientException</Code>",
      ),
    });
  });
});
