import { type ForkOptions, spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";

/** Memory of what runs somebody else's file, in MiB. It is data: a few are usual. */
const memory = 512;

/**
 * How a process is started that runs somebody else's environment file: without variables, so that no credential is in it;
 * it reads these folders and files alone, writes nothing and starts nothing (Node's permissions); and where Linux lets us, it
 * has no network.
 */
export function isolatedProcess(readable: readonly string[]): ForkOptions {
  const flags = process.allowedNodeEnvironmentFlags;
  const permission = flags.has("--permission") ? "--permission" : "--experimental-permission";
  const execArgv = [
    permission,
    "--disable-warning=ExperimentalWarning",
    "--disable-warning=SecurityWarning",
    `--max-old-space-size=${memory}`,
    // Packages of a revision are a link: it is asked for by its own name too.
    ...[...new Set(readable.flatMap((path) => [path, realpathSync(path)]))].map((path) => `--allow-fs-read=${path}`),
  ];
  const env = {};
  return withoutNetwork()
    ? { env, execPath: "unshare", execArgv: [...unshared, process.execPath, ...execArgv] }
    : { env, execArgv };
}

/** A network of one's own, which leads nowhere; as a user of one's own where we are not root. */
const unshared = ["--net", "--map-root-user"];

let isPossible: boolean | undefined;
/** True when this machine gives a process a network of its own. */
export function withoutNetwork(): boolean {
  isPossible ??= process.platform === "linux" && spawnSync("unshare", [...unshared, "true"]).status === 0;
  return isPossible;
}
