import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { toolPath } from "../../cli/core/toolbox/find";
import { freePort } from "./callout-nats-server";
import { eventually } from "./eventually";
import { startProgram } from "./start-program";

/** A registry on this machine that notes every request. */
export interface TestRegistry {
  host: string;
  crane(...args: string[]): string;
  /** Blobs and manifests that were uploaded so far. */
  uploads(): Promise<number>;
  stop(): Promise<void>;
}

export async function startRegistry(): Promise<TestRegistry> {
  const crane = toolPath("crane");
  if (!crane) throw new Error("crane is not built: make deploy-tools");
  const host = `127.0.0.1:${await freePort()}`;
  const registry = startProgram(crane, ["registry", "serve", "--address", host], process.env);
  const stop = async () => {
    await registry.end("SIGKILL");
  };
  try {
    await registry.until("registry", async () => (await fetch(`http://${host}/v2/`)).ok, 60);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host,
    crane: (...args) =>
      execFileSync(crane, args, { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] }),
    async uploads() {
      // What it says comes by another way than what it answers: a request of our own is its last line.
      const marker = `/v2/${randomUUID()}`;
      await fetch(`http://${host}${marker}`);
      await eventually("the registry's log", () => registry.log().includes(marker));
      return registry.log().match(/ (PUT|POST|PATCH) /g)?.length ?? 0;
    },
    stop,
  };
}

/**
 * Pushes an image with the node of this machine and the libraries that it needs, as a stand-in for the public one.
 *
 * @returns its reference by digest
 */
export function pushNodeImage(registry: TestRegistry): string {
  const folder = mkdtempSync(join(tmpdir(), "natsform-base-"));
  try {
    const root = join(folder, "root");
    const libraries = [...execFileSync("ldd", [process.execPath], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g)];
    const files = [
      [process.execPath, "usr/local/bin/node"],
      ...libraries.map(([, path = ""]) => [path, path.slice(1)]),
    ];
    for (const [from = "", to = ""] of files) {
      mkdirSync(join(root, dirname(to)), { recursive: true });
      copyFileSync(from, join(root, to));
    }
    execFileSync("chmod", ["-R", "a+rX", root]);
    execFileSync("tar", ["-C", root, "-cf", join(folder, "layer.tar"), "."]);
    const plain = `${registry.host}/plain:1`;
    registry.crane("append", "--oci-empty-base", "-f", join(folder, "layer.tar"), "-t", plain);
    const options = ["--set-platform", "linux/amd64", "--cmd", "node", "--env", "PATH=/usr/local/bin:/usr/bin:/bin"];
    const tag = `${registry.host}/node:24-alpine`;
    registry.crane("mutate", plain, ...options, "-t", tag);
    return `${registry.host}/node@${registry.crane("digest", tag).trim()}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
