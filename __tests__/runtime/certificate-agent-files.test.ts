import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bundleText } from "../../artifacts/bundle-text";
import { packageRoot } from "../../bin/built";
import { readPair, type ServerCertificate } from "../../runtime/certificate-agent/certificate";
import { ServerFiles } from "../../runtime/certificate-agent/server-files";
import { createAuthority, issueCertificate } from "../../runtime/x509/authority";
import { eventually } from "../support/eventually";

const root = mkdtempSync(join(tmpdir(), "natsform-files-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const desired = { certificates: [{ id: "internal", issuer: "internal", secret: "s", names: ["a"] }], credentials: [] };
const versions: ServerCertificate[] = [];
// Of different lengths: half of one is never a whole other one.
const confs = Array.from({ length: 5 }, (_, i) => `server_name: "${"x".repeat(20_000 * (i + 1))}"\n`);

beforeAll(async () => {
  const now = new Date();
  for (let i = 0; i < 5; i++) {
    const authority = await createAuthority(`authority ${i}`, 86_400_000, now);
    const pair = await issueCertificate(authority, { names: { dns: ["a"] }, usages: ["server"], ttlMs: 3600_000, now });
    versions.push(readPair(pair.cert, pair.key, authority.cert));
  }
});

test("whenever a run is killed, every file is of one piece and every key belongs to its certificate", async () => {
  const folder = join(root, "killed");
  const [program, work] = [join(root, "writer.cjs"), join(root, "work.json")];
  writeFileSync(program, bundleText("__tests__/support/agent-writer.ts", packageRoot).text);
  writeFileSync(work, JSON.stringify({ folder, certificates: versions, confs }));
  const first = new ServerFiles(folder, desired);
  first.writeCertificate("internal", versions[0] as ServerCertificate);
  first.writeConf(confs[0] ?? "");
  const seen = new Set<string>();
  for (let kill = 0; kill < 30; kill++) {
    const child = spawn(process.execPath, [program, work], { stdio: ["ignore", "pipe", "inherit"] });
    const closed = once(child, "close");
    let turns = 0;
    child.stdout.on("data", (marks: Buffer) => {
      turns += marks.length;
    });
    const wantedTurns = kill % 6;
    while (turns < wantedTurns) await once(child.stdout, "data");
    await sleep(Math.random() * 10);
    child.kill("SIGKILL");
    await closed;

    const [crt, key] = ["tls.crt", "tls.key"].map((file) => readFileSync(join(folder, "certs/internal", file), "utf8"));
    const version = versions.find((one) => one.crt === crt);
    expect(version?.key === key).toBe(true);
    const conf = readFileSync(join(folder, "nats.conf"), "utf8");
    expect(confs.includes(conf)).toBe(true);
    seen.add(String(versions.indexOf(version as ServerCertificate)));

    // The next start heals what lies between two files.
    expect(new ServerFiles(folder, desired).missing()).toEqual([]);
    expect(readFileSync(join(folder, "ca/internal.crt"), "utf8")).toBe(version?.authorities);
  }
  // Kills that all fell upon one moment would prove little.
  expect(seen.size).toBeGreaterThan(1);
  new ServerFiles(folder, desired).confirmLoaded();
  expect(readdirSync(join(folder, "certs"))).toHaveLength(2);
});

test("keys are for their owner alone, and what is damaged counts as missing", () => {
  const folder = join(root, "damaged");
  const files = new ServerFiles(folder, desired);
  expect(files.missing()).toEqual(["nats.conf", "certificate internal"]);
  files.writeCertificate("internal", versions[0] as ServerCertificate);
  files.writeConf("server_name: a\n");
  expect(files.missing()).toEqual([]);
  expect(statSync(join(folder, "certs/internal/tls.key")).mode & 0o777).toBe(0o600);
  writeFileSync(join(folder, "certs/internal/tls.key"), versions[1]?.key ?? "");
  writeFileSync(join(folder, "nats.conf"), "");
  expect(files.missing()).toEqual(["nats.conf", "certificate internal"]);
});

test("an older server is told by the time of the last write", async () => {
  const files = new ServerFiles(join(root, "times"), desired);
  files.writeConf("server_name: a\n");
  const before = files.writtenAt();
  // Further than the clock of a file system may be behind.
  await eventually("a later moment", async () => Date.now() > before + 20);
  files.writeCertificate("internal", versions[0] as ServerCertificate);
  const after = files.writtenAt();
  expect(after).toBeGreaterThan(before);
  await eventually("a moment after the last write", async () => Date.now() > after);
  expect(Date.now()).toBeGreaterThan(files.writtenAt());
});
