import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../bin/built";
import { buildProgram } from "../../cli/program";

const all = buildProgram().commands;

test("every command is in a group of the help, with a description", () => {
  expect(all.length).toBeGreaterThan(15);
  for (const command of all) {
    expect(command.helpGroup()).toMatch(/^[A-Z].*:$/);
    expect(command.description()).not.toBe("");
  }
});

test("definitions load nothing of what commands do", () => {
  const script = `require("tsx/cjs"); require("./cli/program").buildProgram();
    console.log(Object.keys(require.cache).join("\\n"));`;
  const loaded = execFileSync(process.execPath, ["-e", script], { cwd: packageRoot, encoding: "utf8" }).split("\n");
  const own = loaded.filter((path) => path.startsWith(packageRoot) && !path.includes("node_modules"));
  const beyond = own.filter((path) => !path.startsWith(join(packageRoot, "cli")));
  expect(
    beyond.map((path) => path.slice(packageRoot.length + 1)).filter((path) => !/^(artifacts|package)/.test(path)),
  ).toEqual([]);
  expect(loaded.filter((path) => /node_modules\/(zod|@aws-sdk|nats|listr2)\//.test(path))).toEqual([]);
});
