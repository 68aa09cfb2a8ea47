import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const signals = join(__dirname, "../../../runtime/client/signals.ts");

/** A program whose client takes `drain` to drain, and which says what happens. Runs until it ends. */
async function program(drain: string, options = "", send: readonly NodeJS.Signals[] = ["SIGTERM"]) {
  const source = `
    const { drainOnSignals } = require(${JSON.stringify(signals)});
    const say = (text) => process.stdout.write(text + "\\n");
    drainOnSignals({ drain: async () => { say("drains"); ${drain}; say("drained"); } }, { ${options} });
    setInterval(() => undefined, 1000);
    say("ready");`;
  const child = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", source], { stdio: ["ignore", "pipe", 2] });
  let said = "";
  const left = [...send];
  child.stdout?.on("data", (text) => {
    said += text;
    // One after the other: each once the last one was heard.
    if (left.length > 0) child.kill(left.shift());
  });
  const [code] = await once(child, "exit");
  return { code, said: said.trim().split("\n") };
}

test("a signal drains, runs what is to come after it, and ends the process", async () => {
  const ended = await program("await null", 'then: () => say("closed")');
  expect(ended).toEqual({ code: 0, said: ["ready", "drains", "drained", "closed"] });
});

test("a second signal does not wait for the drain", async () => {
  const never = "await new Promise(() => undefined)";
  expect(await program(never, "", ["SIGTERM", "SIGTERM"])).toEqual({ code: 143, said: ["ready", "drains"] });
  expect(await program(never, "", ["SIGTERM", "SIGINT"])).toEqual({ code: 130, said: ["ready", "drains"] });
});

test("what goes wrong while it ends is the exit code", async () => {
  const ended = await program("await null", 'then: () => { throw new Error("stuck"); }');
  expect(ended).toEqual({ code: 1, said: ["ready", "drains", "drained"] });
});
