import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultRelease } from "../../model/config/server-releases";

/**
 * A machine whose only programs are a Go and a Python that make what they are told to make, at once. `FAKE` in their
 * environment has them do something else.
 */
export class FakeMachine {
  readonly root = mkdtempSync(join(tmpdir(), "natsform-tools-"));
  readonly cache = join(this.root, "cache");
  /** Where each run of Go and pip leaves a file with its process id. */
  readonly runs = join(this.root, "runs");
  readonly #path = join(this.root, "bin");

  constructor(programs: readonly ("go" | "python3")[] = ["go", "python3"]) {
    mkdirSync(this.runs);
    mkdirSync(this.#path);
    for (const name of programs) this.#write(name, { go, python3 }[name]);
  }

  env(fake: "" | "fail" | "hang" | "both" | "wrong" = ""): Record<string, string> {
    return { PATH: this.#path, HOME: this.root, NATSFORM_CACHE: this.cache, FAKE: fake, FAKE_RUNS: this.runs };
  }

  /** Files below a folder of the cache; empty when it is not there. */
  files(folder: string): string[] {
    const path = join(this.cache, folder);
    return existsSync(path) ? readdirSync(path) : [];
  }

  read = (path: string) => readFileSync(join(this.cache, path), "utf8");

  /** Ids of the processes that Go and pip ran as. */
  pids = () => readdirSync(this.runs).map(Number);

  forgetRuns(): void {
    for (const pid of readdirSync(this.runs)) rmSync(join(this.runs, pid));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #write(name: string, script: string): void {
    writeFileSync(join(this.#path, name), `#!${process.execPath}\n${script}`);
    chmodSync(join(this.#path, name), 0o755);
  }
}

const common = `
const fs = require("node:fs");
const path = require("node:path");
const args = process.argv.slice(2);
const { FAKE, FAKE_RUNS } = process.env;
function made(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  if (FAKE === "hang") {
    fs.writeFileSync(file, text.slice(0, 10));
    fs.chmodSync(file, 0o755);
  }
  fs.writeFileSync(path.join(FAKE_RUNS, String(process.pid)), "");
  const until = Date.now() + 60_000;
  const wait = () => FAKE === "hang" || (FAKE === "both" && fs.readdirSync(FAKE_RUNS).length < 2);
  while (wait() && Date.now() < until) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  fs.writeFileSync(file, text);
  fs.chmodSync(file, 0o755);
}
`;

const go = `${common}
if (args[0] === "version") console.log("go version go1.26.0 linux/amd64");
else if (FAKE === "fail" && args.at(-1).includes("pebble")) {
  console.error("go: downloading example.com/pebble v1.0.0\\ngo: example.com/pebble@v1.0.0: no such host");
  process.exit(1);
} else {
  const file = args.includes("-o") ? args[args.indexOf("-o") + 1] : path.join(process.env.GOBIN, "nats-server");
  const version = FAKE === "wrong" ? "1.0.0" : (/@v(.*)/.exec(args.at(-1))?.[1] ?? "${defaultRelease}");
  made(file, \`#!${process.execPath}\\nconsole.log("nats-server: v\${version}");\\n\`);
}
`;

const python3 = `${common}
if (args[0] === "--version") console.log("Python 3.12.1");
else if (args[1] === "venv") {
  fs.mkdirSync(path.join(args[2], "bin"), { recursive: true });
  fs.copyFileSync(__filename, path.join(args[2], "bin", "python3"));
} else if (FAKE === "fail") {
  console.error("WARNING: Retrying\\nERROR: No matching distribution found for attrs==26.1.0");
  process.exit(1);
} else {
  const name = /moto/.test(args.at(-1)) ? "moto_server" : "checkov";
  made(path.join(__dirname, name), "#!" + path.join(__dirname, "python3") + "\\n");
}
`;
