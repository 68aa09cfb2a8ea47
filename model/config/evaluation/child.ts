import type { Problem } from "../problem";
import { evaluate, failureReason, neverEnds } from "./evaluate";
import type { Message, Ran, RunnableFile } from "./messages";

/**
 * The process that environment files run in. It takes the list of them as one message and answers each in turn. A file
 * that may still do something when it has been read is answered and ends the process: the next one gets another.
 */

const send = process.send?.bind(process) as (message: Message, done: () => void) => void;
const answer = (message: Message) => new Promise<void>((done) => send(message, done));
// A file must not send messages to the parent process.
Object.assign(process, { send: undefined, disconnect: undefined });

const late = "an environment is data: leave out what goes on after the file has run";
/** Time that a file's unfinished work may take to end. */
const patienceMs = 250;

/** The file that is `natsform/config` in full. */
const configFile = process.argv[2] ?? "";
// Opened before any file is run: one that prints has not begun something that goes on.
void [process.stdout, process.stderr];
// Files are run as JavaScript: errors name the lines of what was written.
process.setSourceMapsEnabled(true);

/** Problems that arise after a file has run. */
let afterwards: Problem[] = [];
let current = "";
process.on("uncaughtException", (error: unknown) => {
  afterwards.push({ path: [], message: `throws after it has run: ${failureReason(error, current)}`, fix: late });
});
process.on("unhandledRejection", (reason: unknown) => {
  afterwards.push({
    path: [],
    message: `rejects a promise that nobody waits for: ${failureReason(reason, current)}`,
    fix: late,
  });
});
// The parent process is gone.
process.on("disconnect", () => process.exit());

/** Resources that keep the process alive. Reads and writes of files are left out: they end by themselves. */
const kept = () => process.getActiveResourcesInfo().filter((resource) => !/^(FSReq|FileHandle|Close)/.test(resource));

async function run(files: readonly RunnableFile[]): Promise<void> {
  for (const file of files) {
    const { answered, atRest } = await runOne(file);
    await answer(answered);
    if (!atRest) process.exit();
  }
}

async function runOne(file: RunnableFile): Promise<{ answered: Ran; atRest: boolean }> {
  const before = kept().length;
  afterwards = [];
  current = file.path;
  process.argv = [process.execPath, file.path];
  const ran = evaluate(file, configFile);
  const deadline = performance.now() + patienceMs;
  do await new Promise((turn) => setImmediate(turn));
  while (kept().length > before && afterwards.length === 0 && performance.now() < deadline);
  const left = kept().slice(before);
  if (left.length > 0 && afterwards.length === 0) {
    const what = [...new Set(left)].join(", ");
    afterwards.push({ path: [], message: `goes on working when it has run (${what})`, fix: late });
  }
  const problems = [...(ran.problems ?? []), ...afterwards];
  const atRest = afterwards.length === 0 && !problems.includes(neverEnds);
  return { answered: problems.length === 0 ? ran : { problems }, atRest };
}

process.once("message", (files: RunnableFile[]) => {
  send("begins", () => void run(files));
});
