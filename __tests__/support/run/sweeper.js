// Ends what a test run has started, when the run is gone: after its last test, after Ctrl-C, after a kill. It has a session
// of its own, and knows that the run is gone by the end of its standard input. Everything that tests start has the run's
// folder of temporary files in its arguments, its variables or as its working directory.
const { readdirSync, readFileSync, readlinkSync, rmSync } = require("node:fs");

const folder = process.argv[2];
const graceMs = 3000;

const read = (/** @type {() => string} */ look) => {
  try {
    return look();
  } catch {
    // It has ended meanwhile, or is somebody else's.
    return "";
  }
};

/** @param {string} pid */
const isOurs = (pid) =>
  [
    read(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")),
    read(() => readFileSync(`/proc/${pid}/environ`, "utf8")),
    read(() => readlinkSync(`/proc/${pid}/cwd`)),
  ].some((text) => text.includes(folder));

const ours = () =>
  readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && isOurs(name));

/** @param {NodeJS.Signals} signal */
const signalAll = (signal) => {
  for (const pid of ours()) {
    const command = read(() => readFileSync(`/proc/${pid}/cmdline`, "utf8"))
      .replaceAll("\0", " ")
      .trim();
    if (signal === "SIGTERM") process.stdout.write(`${pid} ${command.slice(0, 160)}\n`);
    try {
      process.kill(Number(pid), signal);
    } catch {
      // It has ended by itself.
    }
  }
};

const wait = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

async function sweep() {
  signalAll("SIGTERM");
  const end = Date.now() + graceMs;
  while (ours().length > 0 && Date.now() < end) await wait(50);
  signalAll("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}

// Nobody reads any more when the run itself was killed.
process.stdout.on("error", () => undefined);
process.stdin.resume();
process.stdin.once("end", () => void sweep());
