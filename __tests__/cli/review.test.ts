import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtFile } from "../../bin/built";
import { reviewEnvironments, reviewExitCode, reviewReports, silentHost } from "../../cli/report";
import { type Environment, parseEnvironment } from "../../model/config";
import { buildTopology, type PlannedStack, stackPlan, stackRecord } from "../../model/topology";
import { natsform } from "../support/cli-run";
import { threeServers } from "../support/twin-environment";

/** A repository whose project lies in a folder of it. */
const top = mkdtempSync(join(tmpdir(), "natsform-review-"));
const project = join(top, "nats");
const git = (...args: string[]) =>
  execFileSync("git", ["-C", top, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
    encoding: "utf8",
  });
const write = (file: string, text: string) => {
  mkdirSync(join(top, file, ".."), { recursive: true });
  writeFileSync(join(top, file), text);
};
const source = (changes: string, before = "") =>
  `${before}\nexport default { ...${JSON.stringify(threeServers("demo"))}, ${changes} };\n`;

beforeAll(() => {
  write(".gitignore", ".natsform\n");
  write("nats/environments/demo.ts", source(""));
  write("nats/environments/other.ts", `export default { ...${JSON.stringify(threeServers("other"))} };\n`);
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("commit", "-qm", "one");
  git("checkout", "-qb", "change");
});
afterEach(() => git("checkout", "-q", "HEAD", "--", "."));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const review = (args: readonly string[] = [], env: Record<string, string> = {}) =>
  natsform(project, ["review", ...args], env);

test("nothing changed ends with 0, and says so of every environment", async () => {
  expect(await review()).toEqual({
    code: 0,
    stdout: "demo: ALLOW: nothing changes\nother: ALLOW: nothing changes\n",
    stderr: "",
  });
});

test("a program gets what the command shows, from anywhere, and prints nothing of it", async () => {
  write("nats/environments/demo.ts", source(`\n  deletionProtection: false,\n  nats: { maxPayload: "2MiB" }`));
  const printed = jest.spyOn(process.stdout, "write");
  const { root, from, reviews } = await reviewEnvironments(["demo"], { root: project }, silentHost(false));
  expect(printed).not.toHaveBeenCalled();
  printed.mockRestore();
  const said = JSON.parse((await review(["demo", "--json"])).stdout);
  expect({ from, reviews: JSON.parse(JSON.stringify(reviews)) }).toEqual(said);
  expect([root, reviewExitCode(reviews)]).toEqual([project, 3]);
  expect(JSON.parse(reviewReports(root, reviews)["review.json"] ?? "")).toEqual({ reviews: said.reviews });
});

test("what changes since the branch left main is said, with reports and the line of the environment", async () => {
  write("nats/environments/demo.ts", source(`\n  deletionProtection: false,\n  nats: { maxPayload: "2MiB" }`));
  const { code, stdout } = await review(["demo", "--out", "reports"]);
  expect({ code, stdout }).toMatchObject({
    code: 3,
    stdout: expect.stringContaining("✖ deletionProtection: it was true"),
  });
  expect(stdout).toContain("core-0, core-1, core-2 reload, and go on");
  const sarif = JSON.parse(readFileSync(join(project, "reports/review.sarif"), "utf8"));
  expect(sarif.runs[0].results[0].locations[0].physicalLocation).toEqual({
    artifactLocation: { uri: "nats/environments/demo.ts" },
    region: { startLine: 3 },
  });
  for (const name of ["review.html", "review.md", "review.json"])
    expect(readFileSync(join(project, "reports", name), "utf8")).toContain("deletionProtection");
  const { reviews } = JSON.parse((await review(["demo", "--json"])).stdout);
  expect(reviews).toMatchObject([{ environment: "demo", verdict: "block", depth: "source" }]);
  rmSync(join(project, "reports"), { recursive: true });
});

test("what is committed on the branch counts as well, and main is what it is compared with", async () => {
  write("nats/environments/demo.ts", source(`nats: { maxPayload: "2MiB" }`));
  git("commit", "-qam", "larger");
  expect((await review(["demo"])).code).toBe(2);
  expect((await review(["demo", "--from", "HEAD"])).code).toBe(0);
  git("reset", "-q", "--hard", "main");
});

test("environments that come and go are said", async () => {
  git("mv", "nats/environments/other.ts", "nats/environments/fresh.ts");
  write("nats/environments/fresh.ts", `export default { ...${JSON.stringify(threeServers("fresh"))} };\n`);
  const { code, stdout } = await review();
  expect(code).toBe(3);
  expect(stdout).toContain("fresh: NEEDS ACKNOWLEDGEMENT. A new environment.");
  expect(stdout).toContain("other: BLOCK. An environment that is taken out.");
  expect(stdout).toContain("(environment-removed)");
  git("reset", "-q", "--hard", "main");
});

describe("what was read of the base", () => {
  const cache = mkdtempSync(join(tmpdir(), "natsform-review-cache-"));
  afterAll(() => rmSync(cache, { recursive: true, force: true }));
  const change = () => write("nats/environments/demo.ts", source("deletionProtection: false"));

  test("is never taken from a file of the repository, which the change may have brought", async () => {
    change();
    const head = parseEnvironment({ ...threeServers("demo"), deletionProtection: false }, "demo").environment;
    const tree = git("rev-parse", "main^{tree}").trim();
    const schema = readFileSync(builtFile("config.cjs"));
    const key = createHash("sha256").update(`${tree} nats/ `).update(schema).digest("hex");
    write(`nats/.natsform/review/${key}.json`, JSON.stringify({ demo: { environment: head } }));
    git("add", "-f", ".");
    const { code, stdout } = await review(["demo"]);
    expect({ code, stdout }).toMatchObject({ code: 3, stdout: expect.stringContaining("deletionProtection: it was") });
    git("reset", "-q", "--hard", "main");
  });

  test("is kept in the cache of the user, once for a revision", async () => {
    const kept = () => readdirSync(join(cache, "revisions"));
    change();
    const first = await review(["demo"], { NATSFORM_CACHE: cache });
    const files = kept();
    expect([first.code, files]).toEqual([3, [expect.stringMatching(/^[0-9a-f]{24}\.json$/)]]);
    expect(await review(["demo"], { NATSFORM_CACHE: cache })).toEqual(first);
    expect(kept()).toEqual(files);
  });

  test("is not kept where the cache lies in the repository", async () => {
    change();
    const [inside, before] = [join(top, "cache"), process.env.NATSFORM_CACHE];
    process.env.NATSFORM_CACHE = inside;
    try {
      const { reviews } = await reviewEnvironments(["demo"], { root: project }, silentHost(false));
      expect([reviewExitCode(reviews), existsSync(join(inside, "revisions"))]).toEqual([3, false]);
    } finally {
      if (before === undefined) delete process.env.NATSFORM_CACHE;
      else process.env.NATSFORM_CACHE = before;
      rmSync(inside, { recursive: true, force: true });
    }
  });
});

test("files of both revisions see no variable, no other file, no network and no program", async () => {
  write("secret.txt", "canary-of-a-file");
  const spy = `
import { readFileSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { networkInterfaces } from "node:os";
const tried = (what: () => unknown) => { try { return String(what()); } catch (error) { return "refused"; } };
const tags = {
  env: String(process.env.NATSFORM_CANARY),
  file: tried(() => readFileSync(${JSON.stringify(join(top, "secret.txt"))}, "utf8")),
  write: tried(() => writeFileSync(${JSON.stringify(join(top, "written.txt"))}, "x")),
  program: tried(() => execFileSync("true")),
  network: Object.keys(networkInterfaces()).join() || "none",
};`;
  write("nats/environments/demo.ts", source("nats: { metadata: tags }", spy));
  const { stdout } = await review(["demo", "--json"], { NATSFORM_CANARY: "canary-of-a-variable" });
  expect(stdout).not.toContain("canary-of");
  expect(existsSync(join(top, "written.txt"))).toBe(false);
  const isRoot = process.platform === "linux" && process.getuid?.() === 0;
  // What it saw stands in the environment that natsform read: the metadata of its servers.
  write(
    "nats/environments/demo.ts",
    source(
      `nats: { metadata: tags }, tags`,
      `${spy}\nif (tags.env !== "undefined") throw new Error("env");
for (const one of ["file", "write", "program"]) if (tags[one] !== "refused") throw new Error(one);
${isRoot ? 'if (tags.network !== "none") throw new Error("network");' : ""}`,
    ),
  );
  expect(await review(["demo"], { NATSFORM_CANARY: "x" })).toMatchObject({ code: 2, stderr: "" });
  rmSync(join(top, "secret.txt"));
});

test("files of both revisions see neither keys, nor the repository's own data, nor what links lead to", async () => {
  write("nats/.natsform/demo/keys/sys", "canary-of-a-key");
  write("nats/environments/values.txt", "beside");
  const spy = `
import { readFileSync } from "node:fs";
const tried = (path: string) => { try { return readFileSync(path, "utf8"); } catch { return "refused"; } };
const places = ${JSON.stringify([join(top, "nats/.natsform/demo/keys/sys"), join(top, ".git/HEAD")])};
for (const place of places) if (tried(place) !== "refused") throw new Error(place);
if (tried(${JSON.stringify(join(top, "nats/environments/values.txt"))}) !== "beside") throw new Error("beside");`;
  write("nats/environments/demo.ts", source("nats: { maxPayload: '2MiB' }", spy));
  expect(await review(["demo"])).toMatchObject({ code: 2, stderr: "" });
  symlinkSync("../.natsform/demo/keys/sys", join(top, "nats/environments/link"));
  expect(await review(["demo"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("links lead out of what environment files may read: environments/link"),
  });
  for (const path of ["environments/link", "environments/values.txt", ".natsform/demo/keys"])
    rmSync(join(top, "nats", path), { recursive: true });
});

describe("packages that a change chose", () => {
  const lock = (version: string, integrity = `sha512-${version}`) =>
    JSON.stringify({ packages: { "": {}, "node_modules/used": { version, integrity } } });
  const installed = (text: string) => write("nats/node_modules/.package-lock.json", text);
  beforeAll(() => {
    write(".gitignore", ".natsform\nnode_modules\n");
    write("nats/package-lock.json", lock("1.0.0"));
    git("add", ".");
    git("commit", "-qm", "packages");
    git("branch", "-f", "main");
  });
  afterEach(() => rmSync(join(project, "node_modules"), { recursive: true, force: true }));

  test.each([
    ["of another version", lock("2.0.0"), "used 2.0.0 (before: 1.0.0)"],
    ["of another content", lock("1.0.0", "sha512-other"), "used 1.0.0 (before: of another content)"],
    ["of which nobody says what they are", "", "nats/package-lock.json is another one, and what is installed cannot"],
  ])("do not run: %s", async (_, text, message) => {
    write("nats/package-lock.json", lock("2.0.0"));
    installed(text);
    const { code, stderr } = await review(["demo"]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
    expect(stderr).toContain("--trust-head");
    expect(await review(["demo", "--trust-head"])).toMatchObject({
      stderr: "",
      stdout: expect.stringMatching(/^demo: /),
    });
  });

  test("those of the base run, whatever the change's lock file says", async () => {
    write("nats/package-lock.json", lock("2.0.0"));
    installed(lock("1.0.0"));
    expect(await review(["demo"])).toMatchObject({ stderr: "", stdout: expect.stringMatching(/^demo: /) });
  });

  test("where the change touches no lock file, what is installed is nobody's choice", async () => {
    installed(lock("2.0.0"));
    expect(await review(["demo"])).toMatchObject({ code: 0, stderr: "" });
  });

  test("lock files of other package managers, above the project too, cannot be compared", async () => {
    write("pnpm-lock.yaml", "packages: {}\n");
    git("add", ".");
    expect((await review(["demo"])).stderr).toContain("pnpm-lock.yaml is another one, and what is installed cannot");
    git("rm", "-qf", "pnpm-lock.yaml");
  });
});

test("every environment that cannot be read is said at once, and nothing is written", async () => {
  write("nats/environments/demo.ts", source("siez: 1"));
  write("nats/environments/other.ts", "export default 1;\n");
  const { code, stderr } = await review(["--out", "reports"]);
  expect(code).toBe(1);
  expect(stderr).toContain("siez");
  expect(stderr).toContain("environments/other.ts");
  expect(existsSync(join(project, "reports"))).toBe(false);
});

test("a base that cannot be read is nobody's ALLOW", async () => {
  write("nats/environments/demo.ts", source("siez: 1"));
  git("commit", "-qam", "broken");
  write("nats/environments/demo.ts", source(""));
  const { code, stdout } = await review(["demo", "--from", "HEAD"]);
  expect({ code, stdout }).toMatchObject({
    code: 2,
    stdout: expect.stringContaining("cannot tell: environments/demo.ts"),
  });
  git("reset", "-q", "--hard", "main");
});

test("a plan of one of its stacks is judged with the environment, and stacks without one are never allowed", async () => {
  const topology = buildTopology(parseEnvironment(threeServers("demo"), "demo").environment as Environment);
  const plan = stackPlan(topology);
  const [first, ...others] = plan;
  const record = {
    address: "terraform_data.natsform-stack",
    mode: "managed",
    type: "terraform_data",
    name: "natsform-stack",
  };
  const input = JSON.stringify(stackRecord(topology, first as PlannedStack, true));
  const zone = { address: "aws_route53_zone.zone", mode: "managed", type: "aws_route53_zone", name: "zone" };
  const document = {
    format_version: "1.2",
    resource_changes: [
      { ...record, change: { actions: ["no-op"], before: { input }, after: { input } } },
      { ...zone, change: { actions: ["delete", "create"], before: {}, after: {} } },
    ],
  };
  write("plan.json", JSON.stringify(document));
  const { code, stdout } = await review(["--plan", join(top, "plan.json")]);
  expect(code).toBe(3);
  expect(stdout).toContain("demo: BLOCK. Judged by the repository and Terraform's plan.");
  expect(stdout).toContain("aws_route53_zone.zone: replaced, with a gap: a new zone has other name servers");
  for (const { id } of others) expect(stdout).toContain(`${id}: cannot tell: no plan of it was given (planned-later)`);
  expect(stdout).not.toContain("natsform-stack");
  rmSync(join(top, "plan.json"));
});

test("a policy that its plan does not know is judged by the text that its stack was synthesized with", async () => {
  const topology = buildTopology(parseEnvironment(threeServers("demo"), "demo").environment as Environment);
  const [stack] = stackPlan(topology) as [PlannedStack];
  const input = JSON.stringify(stackRecord(topology, stack, true));
  const managed = (type: string, name: string, change: object) => ({
    ...{ address: `${type}.${name}`, mode: "managed", type, name, change },
  });
  const document = {
    format_version: "1.2",
    resource_changes: [
      managed("terraform_data", "natsform-stack", { actions: ["no-op"], before: { input }, after: { input } }),
      managed("aws_iam_role_policy", "p", { actions: ["create"], after: {}, after_unknown: { policy: true } }),
    ],
  };
  write("plan.json", JSON.stringify(document));
  const reasons = async () => {
    const { reviews } = JSON.parse((await review(["--plan", join(top, "plan.json"), "--json"])).stdout);
    return reviews[0].reasons.filter(({ at }: { at: string }) => at === "aws_iam_role_policy.p");
  };
  expect(await reasons()).toMatchObject([{ rule: "policy-widened", cannotTell: true, verdict: "acknowledge" }]);
  const policy = JSON.stringify({ Statement: [{ Effect: "Allow", Action: "*", Resource: "${aws_s3_bucket.b.arn}" }] });
  const metadata = { "//": { metadata: { path: `${stack.id}/servers/policy` } } };
  const resource = { aws_iam_role_policy: { p: { policy, ...metadata } } };
  write(`nats/cdktf.out/stacks/${stack.id}/cdk.tf.json`, JSON.stringify({ resource }));
  expect(await reasons()).toMatchObject([{ rule: "policy-widened", verdict: "block" }]);
  expect((await review(["--plan", join(top, "plan.json")])).stdout).toContain(
    "made: servers/policy (aws_iam_role_policy)",
  );
  rmSync(join(project, "cdktf.out"), { recursive: true });
  rmSync(join(top, "plan.json"));
});

test("a secret of one stack is found in the open in the plan of another, whichever comes first", async () => {
  const canary = "c4n4ry-of-a-secret";
  const document = (change: object) =>
    JSON.stringify({
      format_version: "1.2",
      resource_changes: [{ address: "a.b", mode: "managed", type: "a", change: { actions: ["update"], ...change } }],
    });
  write("open.json", document({ before: { x: "" }, after: { x: `url://${canary}@host` } }));
  write("marked.json", document({ before: { p: canary }, after: { p: canary }, after_sensitive: { p: true } }));
  const plan = ["open.json", "marked.json"].map((name) => join(top, name));
  const { reviews } = await reviewEnvironments([], { root: project, plan }, silentHost(false));
  expect(JSON.stringify(reviews)).not.toContain(canary);
  expect(reviews.flatMap(({ reasons }) => reasons.map(({ rule }) => rule))).toContain("secret-in-the-open");
  for (const file of plan) rmSync(file);
});

test("a seed in a name or subject of an environment is in no report of sources", async () => {
  const seed = `S${"UA".padEnd(57, "B")}`;
  write("nats/environments/demo.ts", source(`nats: { metadata: { "${seed}": "x" } }, tags: { a: "${seed}" }`));
  write(
    "nats/environments/other.ts",
    source(`name: "other", acknowledge: [{ rule: "cluster-size", reason: "${seed}", expires: "2999-01-01" }]`),
  );
  const { reviews } = await reviewEnvironments(["demo", "other"], { root: project }, silentHost(false));
  expect(JSON.stringify(reviews)).toContain("(sensitive)");
  expect(JSON.stringify(reviews)).not.toContain(seed);
});

test("wrong names say what is known", async () => {
  const [environment, revision] = [await review(["dmo"]), await review(["--from", "nowhere"])];
  expect(environment).toMatchObject({ code: 1, stderr: expect.stringContaining("did you mean demo?") });
  expect(revision).toMatchObject({ code: 1, stderr: expect.stringContaining("nowhere is no revision of git") });
});
