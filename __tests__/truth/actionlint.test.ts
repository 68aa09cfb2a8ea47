import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toolPath } from "../../cli/core/toolbox/find";
import { repository } from "../support/stacks";

const actionlint = toolPath("actionlint");
const missing = actionlint ? undefined : "it is not built: natsform tools install actionlint";
// Not to the console: of a file whose tests are all skipped jest shows none.
if (missing) process.stderr.write(`actionlint: skipped: ${missing}\n`);

const folder = join(repository, "docs", "workflows");
const workflows = readdirSync(folder).filter((name) => name.startsWith("github-"));
const lint = (text: string) => spawnSync(actionlint ?? "", ["-no-color", "-"], { input: text, encoding: "utf8" });

(missing ? test.skip : test).each(workflows)("actionlint finds nothing in %s, and would", (name) => {
  const text = readFileSync(join(folder, name), "utf8");
  expect(lint(text).stdout).toBe("");
  const { status, stdout } = lint(text.replace("runs-on:", "run-on:"));
  expect([status, stdout]).toEqual([1, expect.stringContaining('unexpected key "run-on"')]);
});
