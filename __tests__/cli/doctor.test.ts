import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DoctorRow } from "../../cli/actions/doctor";
import { defaultRelease } from "../../model/config/server-releases";
import { checkout, natsform } from "../support/cli-run";

const folder = mkdtempSync(join(tmpdir(), "natsform-doctor-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A machine on which nothing is installed but node. */
const bare = { PATH: join(folder, "nothing"), NATSFORM_CACHE: join(folder, "cache"), HOME: folder };
const rows = (stdout: string) => JSON.parse(stdout) as DoctorRow[];

/** A folder with a nats-server that says it is of this version. */
function withNatsServer(version: string): string {
  const path = join(folder, version);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "nats-server"), `#!${process.execPath}\nconsole.log("nats-server: v${version}");\n`);
  chmodSync(join(path, "nats-server"), 0o755);
  return path;
}

test("without nats-server the twin cannot run: exit 1, its name, and how to get it", async () => {
  const { code, stdout, stderr } = await natsform(checkout, ["doctor"], bare);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(stdout).toMatch(/^✔ {2}node +20\.\d+\.\d+ +>= 20\.19 +runs natsform$/m);
  expect(stdout).toMatch(
    new RegExp(`^✖ {2}nats-server +not found +${defaultRelease} .* natsform tools install nats-server$`, "m"),
  );
  expect(stdout).toMatch(/^- {2}go +not found +>= 1\.26 +builds .* \(optional\) +go 1\.26 or later: go\.dev/m);
  expect(stdout).toContain("missing for twin: nats-server\n");
});

test("what is required depends on the job", async () => {
  const required = async (job: string) => {
    const { code, stdout } = await natsform(checkout, ["doctor", job, "--json"], bare);
    expect(code).toBe(1);
    return rows(stdout)
      .filter((row) => row.required)
      .map(({ name }) => name);
  };
  expect(await required("twin")).toEqual(["node", "nats-server"]);
  expect(await required("test")).toEqual(["node", "nats-server", "go"]);
  expect(await required("deploy")).toEqual(["node", "moto", "pebble", "crane", "terraform", "provider aws"]);
  expect(await required("kubernetes")).toEqual([
    ...["node", "crane", "terraform", "provider kubernetes", "provider helm", "kubectl"],
    "kubeconfig",
  ]);
});

test("what natsform can install is told as the command that does it", async () => {
  const { stdout } = await natsform(checkout, ["doctor", "deploy"], bare);
  for (const name of ["moto", "pebble", "crane"])
    expect(stdout).toMatch(new RegExp(`^✖ {2}${name} +not found +[0-9.]+ .* natsform tools install ${name}$`, "m"));
  expect(stdout).toMatch(/^missing for deploy: moto, pebble, crane, terraform/m);
});

test("a nats-server of the pinned version is enough, wherever it is; one of another version is not", async () => {
  const judge = async (env: Record<string, string>) => {
    const { code, stdout } = await natsform(checkout, ["doctor", "--json"], { ...bare, ...env });
    return { code, ok: rows(stdout).find(({ name }) => name === "nats-server")?.ok };
  };
  const right = withNatsServer(defaultRelease);
  expect(await judge({ PATH: right })).toEqual({ code: 0, ok: true });
  expect(await judge({ PATH: withNatsServer("2.10.0") })).toEqual({ code: 1, ok: false });
  mkdirSync(join(folder, "filled", "bin"), { recursive: true });
  symlinkSync(join(right, "nats-server"), join(folder, "filled", "bin", `nats-server-${defaultRelease}`));
  expect(await judge({ NATSFORM_CACHE: join(folder, "filled") })).toEqual({ code: 0, ok: true });
});

test("each row tells a machine what it tells people", async () => {
  const [first, ...others] = rows((await natsform(checkout, ["doctor", "--json"], bare)).stdout);
  expect(first).toEqual({
    name: "node",
    found: process.versions.node,
    needed: ">= 20.19",
    ok: true,
    required: true,
    purpose: "runs natsform",
    get: expect.any(String),
  });
  for (const row of others) expect(row).toMatchObject({ found: "not found", ok: false });
});

test("what is neither a job nor an environment is refused with those that are", async () => {
  const { code, stderr } = await natsform(checkout, ["doctor", "deplyo"], bare);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: no such job or environment: deplyo\n {2}fix: known: twin, test, deploy, kubernetes, .*demo/,
  );
});
