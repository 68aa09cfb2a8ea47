// What tests leave running: everything that they start has a folder of temporary files of theirs in its arguments, in its
// variables or as its working directory. Plain JavaScript: the sweeper runs it without jest.
const { spawnSync } = require("node:child_process");
const { readdirSync, readFileSync, readlinkSync, rmSync } = require("node:fs");

const graceMs = 3000;

/** What a file of /proc says; nothing when the process has ended meanwhile, or is somebody else's. */
const read = (/** @type {() => string} */ look) => {
  try {
    return look();
  } catch {
    return "";
  }
};

/** @param {string | number} pid */
const commandOf = (pid) => read(() => readFileSync(`/proc/${pid}/cmdline`, "utf8"));

/** esbuild's own, which serves all files of tests of a process, and ends with that. @param {string} command */
const isHelper = (command) => /\besbuild\0--service=/.test(command);

/** @param {string} pid @param {string} folder */
const isOf = (pid, folder) =>
  !isHelper(commandOf(pid)) &&
  [
    commandOf(pid),
    read(() => readFileSync(`/proc/${pid}/environ`, "utf8")),
    read(() => readlinkSync(`/proc/${pid}/cwd`)),
  ].some((text) => text.includes(folder));

/** Processes of a folder, this one left out. @param {string} folder */
const processesOf = (folder) =>
  readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && isOf(name, folder));

/** Children of this process. Node starts them from its first thread. */
const children = () =>
  read(() => readFileSync(`/proc/self/task/${process.pid}/children`, "utf8"))
    .split(" ")
    .filter((pid) => pid !== "" && commandOf(pid) !== "" && !isHelper(commandOf(pid)));

/** @param {() => string[]} list @param {NodeJS.Signals} signal */
function signalAll(list, signal) {
  return list().map((pid) => {
    const command = commandOf(pid).replaceAll("\0", " ").trim();
    try {
      process.kill(Number(pid), signal);
    } catch {
      // It has ended by itself.
    }
    return `${pid} ${command.slice(0, 160)}\n`;
  });
}

/**
 * Ends processes, those by force that do not end by themselves.
 *
 * @param {() => string[]} list those that still run
 * @returns {Promise<string>} a line for each
 */
async function endAll(list) {
  const lines = signalAll(list, "SIGTERM");
  const end = Date.now() + graceMs;
  while (list().length > 0 && Date.now() < end) await new Promise((done) => setTimeout(done, 25));
  signalAll(list, "SIGKILL");
  return lines.join("");
}

/** Removes a folder, with disks that are mounted in it. @param {string} folder */
function removeFolder(folder) {
  const mounts = read(() => readFileSync("/proc/self/mounts", "utf8")).split("\n");
  const points = mounts.map((line) => line.split(" ")[1] ?? "").filter((point) => point.startsWith(`${folder}/`));
  // Lazily: a process that was killed a moment ago may still have files open.
  for (const point of points.reverse()) spawnSync("umount", ["-l", point], { stdio: "ignore" });
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

module.exports = { children, endAll, processesOf, removeFolder };
