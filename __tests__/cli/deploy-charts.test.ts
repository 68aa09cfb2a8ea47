import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { toolPath } from "../../cli/core/toolbox/find";
import { fetchChart } from "../../cli/deploy/kubernetes/charts";
import { startRegistry } from "../support/image-registry";

const folder = mkdtempSync(join(tmpdir(), "natsform-charts-"));
/** An empty tar: only its bytes count. */
const archive = gzipSync(Buffer.alloc(1024));
const digest = createHash("sha256").update(archive).digest("hex");
const index = `apiVersion: v1
entries:
  nack:
  - { version: 2.14.2, urls: [nack.tgz] }
  nats:
  - { version: 2.14.2, digest: ${digest}, urls: [archives/nats-2.14.2.tgz] }
`;

let server: Server;
const asked: string[] = [];
let source = { version: "2.14.2", repository: "" };
beforeAll(async () => {
  server = createServer(({ url = "" }, response) => {
    asked.push(url);
    if (url === "/charts/index.yaml") response.end(index);
    else if (url === "/charts/archives/nats-2.14.2.tgz") response.end(archive);
    else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  source = { version: "2.14.2", repository: `http://127.0.0.1:${(server.address() as AddressInfo).port}/charts` };
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  asked.length = 0;
});

test("the archive that the repository's index names is kept, and not fetched again", async () => {
  const path = join(folder, "kept", "nats.tgz");
  await fetchChart(source, digest, path);
  expect(readFileSync(path)).toEqual(archive);
  expect(asked).toEqual(["/charts/index.yaml", "/charts/archives/nats-2.14.2.tgz"]);
  await fetchChart(source, digest, path);
  expect(asked).toHaveLength(2);
  writeFileSync(path, "changed since");
  await fetchChart(source, digest, path);
  expect(readFileSync(path)).toEqual(archive);
});

test("another archive than the configuration names is refused, and nothing of it is kept", async () => {
  const path = join(folder, "other.tgz");
  const wanted = "0".repeat(64);
  await expect(fetchChart(source, wanted, path)).rejects.toThrow(
    `is another one than the configuration names: its SHA-256 is ${digest}, not ${wanted}`,
  );
  expect(existsSync(path)).toBe(false);
});

test("one that cannot be had is said, with where to put it", async () => {
  const path = join(folder, "none.tgz");
  const gone = { ...source, repository: `${source.repository}/nowhere` };
  await expect(fetchChart({ ...source, version: "9.9.9" }, digest, path)).rejects.toThrow(
    "the repository does not have it",
  );
  await expect(fetchChart(gone, digest, path)).rejects.toThrow(
    /cannot be fetched: .*index\.yaml: 404\n.*put its archive at .*none\.tgz/,
  );
});

(toolPath("crane") ? test : test.skip)("in a registry it is a blob of that digest", async () => {
  const registry = await startRegistry();
  try {
    const tar = join(folder, "pushed.tgz");
    writeFileSync(tar, archive);
    registry.crane("append", "--oci-empty-base", "-f", tar, "-t", `${registry.host}/charts/nats:2.14.2`);
    const path = join(folder, "blob.tgz");
    await fetchChart({ version: "2.14.2", repository: `oci://${registry.host}/charts` }, digest, path);
    expect(readFileSync(path)).toEqual(archive);
  } finally {
    await registry.stop();
  }
});
