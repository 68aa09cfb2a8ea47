import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAws } from "../../cli/emulator/aws";
import { EmulatorControl } from "../../cli/emulator/client";
import { startEndpoint } from "../../cli/emulator/endpoint";
import { buildParts } from "../../cli/emulator/parts";

const folder = mkdtempSync(join(tmpdir(), "natsform-endpoint-"));
const open: Server[] = [];
afterAll(() => {
  for (const server of open) server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What answers in the place of moto: one cluster, whatever is asked. */
async function fakeMoto(): Promise<string> {
  const server = createServer((_, response) => response.end(JSON.stringify({ clusterArns: ["core"] })));
  open.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("requests that arrive while the emulator is still being made are answered by all of it", async () => {
  const moto = await fakeMoto();
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const early: Promise<unknown>[] = [];
  const { server, url } = await startEndpoint({ moto, log }, (endpoint) => {
    // The address is known from here on: these are the earliest requests that there can be.
    early.push(
      new EmulatorControl(endpoint).state(),
      connectAws(endpoint).json("eu-west-1", "ecs", "ListClusters", {}),
    );
    return buildParts(connectAws(moto), { folder, bootstrap: "", endpoint, overrides: {}, log });
  });
  open.push(server);
  expect(await Promise.all(early)).toEqual([
    { idle: true, functions: [], invocations: [], services: [], tasks: [] },
    { clusterArns: ["core"] },
  ]);
  expect(await new EmulatorControl(url).state()).toMatchObject({ idle: true });
  expect(lines).toEqual([]);
});
