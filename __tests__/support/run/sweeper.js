// Ends what a test run has started, when the run is gone: after its last test, after Ctrl-C, after a kill. It has a session
// of its own, and knows that the run is gone by the end of its standard input.
const { endAll, processesOf, removeFolder } = require("./left");

const folder = process.argv[2] ?? "";

async function sweep() {
  process.stdout.write(await endAll(() => processesOf(folder)));
  removeFolder(folder);
}

// Nobody reads any more when the run itself was killed.
process.stdout.on("error", () => undefined);
process.stdin.resume();
process.stdin.once("end", () => void sweep());
