import { execFile } from "node:child_process";
import { join } from "node:path";
import { builtFile } from "../../bin/built";
import demo from "../../environments/demo";
import { type ProgramName, programModel, programNames } from "../../model/topology";
import { checkout } from "../support/cli-run";
import { lambdaNode, nodeAt, nodeVersions } from "../support/node-versions";
import { TestProject } from "../support/project";
import { claimPorts } from "../support/twin-ports";

/** Runs a program of Node with nothing of ours in its variables but what is named. */
function run(node: string, args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const { PATH = "", HOME = "", TMPDIR = "/tmp", NATSFORM_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = { ...(NATSFORM_CACHE && { NATSFORM_CACHE }), ...(XDG_CACHE_HOME && { XDG_CACHE_HOME }) };
  return new Promise<{ code: number; text: string }>((done) => {
    execFile(
      node,
      args,
      { cwd, env: { PATH, HOME, TMPDIR, ...cache, ...env }, encoding: "utf8", timeout: 240_000 },
      (error, stdout, stderr) => done({ code: error ? Number(error.code ?? 1) : 0, text: stdout + stderr }),
    );
  });
}

describe.each(nodeVersions)("Node %s", (version) => {
  const node = nodeAt(version);
  const ifThere = node ? test : test.skip;

  ifThere("runs the command line, a twin and all that verifies it", async () => {
    const project = new TestProject();
    const natsform = (...args: string[]) =>
      run(node as string, [join(checkout, "bin/natsform.js"), ...args], project.root);
    try {
      project.write(demo);
      expect(await natsform("check", "demo")).toMatchObject({ code: 0 });
      // Again, with the compiled code and the value that were kept.
      expect(await natsform("check", "demo")).toMatchObject({ code: 0 });
      const up = await natsform("up", "demo", "--ports", claimPorts());
      expect(up).toMatchObject({ code: 0 });
      const verified = await natsform("verify", "demo");
      expect(verified.text).toMatch(/^demo: (\d+) of \1 rows proven$/m);
    } finally {
      await project.remove();
    }
  });
});

/** Programs with the release of Node that runs them once they are deployed. */
const deployed = programNames.flatMap((name) =>
  Object.values(programModel(name).runs).map((as) => [name, as === "function" ? lambdaNode : nodeVersions[2]] as const),
);
const unique = [...new Map(deployed.map((one) => [one.join(), one])).values()];

/** Calls a function as Lambda does; starts everything else. */
function started(name: ProgramName): string[] {
  const file = builtFile(`programs/${name}.cjs`);
  if (!Object.values(programModel(name).runs).includes("function")) return [file];
  const call = `require(${JSON.stringify(file)}).handler({}, { getRemainingTimeInMillis: () => 60000 })`;
  return ["-e", `${call}.catch((error) => { console.error(String(error)); process.exitCode = 1; });`];
}

describe.each(unique)("%s on Node %s", (name, version) => {
  const node = nodeAt(version);

  (node ? test : test.skip)("is read, and asks for its variables", async () => {
    const { code, text } = await run(node as string, started(name), checkout);
    expect(code).not.toBe(0);
    // Nothing that this release lacks or complains of.
    expect(text).not.toMatch(/SyntaxError|ReferenceError|TypeError|Deprecat|ERR_MODULE/);
    expect(text).toMatch(/[A-Z]+_[A-Z]+/);
  });
});
