import { type ChildProcess, spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VaultKvStore } from "../../cli/keys/vault-kv";
import { clusterOf } from "../../model/topology";
import { eventually } from "../support/eventually";
import { freePorts } from "../support/ports";
import { findProgram } from "../support/programs";
import { all, contextOf, projectWithCode, synthesized } from "../support/stacks";

const program = findProgram("vault");
// Not to the console: of a file whose tests are all skipped jest shows none.
if (!program) process.stderr.write("roles are not tried on a real Vault: vault is not on PATH\n");
const truth = program ? test : test.skip;

const root = projectWithCode();
const token = "test";
let address = "";
let server: ChildProcess | undefined;
const home = mkdtempSync(join(tmpdir(), "natsform-vault-"));

async function vault<T>(path: string, body?: unknown): Promise<{ status: number; data: T }> {
  const response = await fetch(`${address}/v1/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "x-vault-token": token },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, data: (text ? JSON.parse(text).data : undefined) as T };
}

beforeAll(async () => {
  if (!program) return;
  const [port, clusterPort] = await freePorts(2);
  address = `http://127.0.0.1:${port}`;
  const args = ["server", "-dev", `-dev-root-token-id=${token}`, `-dev-listen-address=127.0.0.1:${port}`];
  server = spawn(program, [...args, `-dev-cluster-json=${join(home, "cluster.json")}`], {
    env: { ...process.env, HOME: home, VAULT_CLUSTER_ADDR: `http://127.0.0.1:${clusterPort}` },
    stdio: "ignore",
  });
  await eventually("Vault answers", async () => (await fetch(`${address}/v1/sys/health`)).ok, 90);
});
afterAll(() => {
  server?.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
});

interface Issued {
  certificate: string;
}

truth("a role signs the names of the topology for their use, and no other name", async () => {
  const context = await contextOf("kubernetes-production", root);
  const stack = synthesized([context], join(root, "out"))["kubernetes-production-nats-pki"];
  const roles = Object.values(all(stack, "vault_pki_secret_backend_role"));
  expect(roles).toHaveLength(3);
  const { certificates } = clusterOf(context.topology, "nats");
  for (const { backend, name, depends_on: _, ...role } of roles) {
    await vault(`sys/mounts/${backend}`, { type: "pki", config: { max_lease_ttl: "26280h" } });
    await vault(`${backend}/root/generate/internal`, { common_name: String(backend), ttl: "26280h" });
    // Terraform's names of these attributes are Vault's own.
    expect((await vault(`${backend}/roles/${name}`, role)).status).toBeLessThan(300);

    const certificate = certificates.find(({ id }) => String(name).endsWith(`-${id}`));
    const [common = ""] = certificate?.names ?? [];
    const request = { common_name: common, alt_names: certificate?.names.join(), ttl: "720h" };
    const { status, data } = await vault<Issued>(`${backend}/issue/${name}`, request);
    expect(status).toBe(200);
    const leaf = new X509Certificate(data.certificate);
    expect(leaf.subjectAltName?.split(", ").sort()).toEqual(certificate?.names.map((dns) => `DNS:${dns}`).sort());
    const usages = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" };
    expect([...(leaf.keyUsage ?? [])].sort()).toEqual(certificate?.usages.map((usage) => usages[usage]).sort());
    expect((Date.parse(leaf.validTo) - Date.now()) / 3_600_000).toBeGreaterThan(719);

    for (const other of [
      `x.${common}`,
      "nats-3.nats-headless.nats.svc.cluster.local",
      "example.com",
      "localhost",
      `*.${common}`,
    ]) {
      expect({
        other,
        status: (await vault(`${backend}/issue/${name}`, { ...request, alt_names: other })).status,
      }).toEqual({ other, status: 400 });
    }
    expect((await vault(`${backend}/issue/${name}`, { ...request, ip_sans: "10.0.0.1" })).status).toBe(400);
    // No longer than the role: a longer wish is cut to it.
    const long = await vault<Issued>(`${backend}/issue/${name}`, { ...request, ttl: "9000h" });
    expect((Date.parse(new X509Certificate(long.data.certificate).validTo) - Date.now()) / 3_600_000).toBeLessThan(721);
  }
});

truth("keys are kept in a KV v2 engine, and gone with every version when they are removed", async () => {
  // A development server has one at `secret`.
  const store = new VaultKvStore("secret", "natsform/test", { VAULT_ADDR: address, VAULT_TOKEN: token });
  expect([await store.list(), await store.read("issuer")]).toEqual([[], undefined]);
  await store.write("issuer", "one");
  await store.write("issuer", "two");
  await store.write("user-sys", "three");
  expect([await store.list(), await store.read("issuer")]).toEqual([["issuer", "user-sys"], "two"]);
  await store.remove("issuer");
  expect([await store.list(), await store.read("issuer")]).toEqual([["user-sys"], undefined]);
  expect((await vault("secret/data/natsform/test/issuer?version=1")).status).toBe(404);
  await expect(
    new VaultKvStore("nowhere", "x", { VAULT_ADDR: address, VAULT_TOKEN: token }).write("a", "b"),
  ).rejects.toThrow(/no such mount/);
  await expect(new VaultKvStore("secret", "x", {}).read("a")).rejects.toThrow(/VAULT_ADDR and VAULT_TOKEN are not set/);
});
