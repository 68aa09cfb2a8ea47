import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { end, waitFor } from "./callout-nats-server";

/** The auth callout as it is deployed: one bundled file in a process of its own. */
export interface CalloutProgram {
  child: ChildProcess;
  log(): string;
  /** Answer of one of its HTTP endpoints. */
  get(path: string): Promise<{ status: number; body: string }>;
  ready(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Bundles the program; returns the file. */
export function bundleCallout(folder: string): string {
  const outfile = join(folder, "auth-callout.cjs");
  const entry = join(__dirname, "../../runtime/auth-callout/main.ts");
  buildSync({ entryPoints: [entry], bundle: true, platform: "node", target: "node20", outfile, logLevel: "error" });
  return outfile;
}

/** Starts the program; nothing of this process's environment reaches it. */
export async function startCallout(file: string, variables: Record<string, string>): Promise<CalloutProgram> {
  let log = "";
  const env = { HTTP_HOST: "127.0.0.1", HTTP_PORT: "0", ...variables };
  const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => {
      log += text;
    });
  const port = await waitFor("HTTP port of the callout", () => {
    if (child.exitCode !== null) throw new Error(`the callout ended:\n${log}`);
    return /"httpPort":(\d+)/.exec(log)?.[1];
  });
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, body: await response.text() };
  };
  return {
    child,
    log: () => log,
    get,
    async ready() {
      await waitFor("ready callout", async () => (await get("/readyz")).status === 200);
    },
    async stop(signal) {
      await end(child, signal);
      return child.exitCode;
    },
  };
}
