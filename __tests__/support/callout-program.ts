import { join } from "node:path";
import { buildSync } from "esbuild";
import { eventually } from "./eventually";
import { type Program, startProgram } from "./start-program";

/** The auth callout as it is deployed: one bundled file in a process of its own. */
export interface CalloutProgram extends Program {
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
  const env = { HTTP_HOST: "127.0.0.1", HTTP_PORT: "0", ...variables };
  const program = startProgram(process.execPath, [file], env);
  await program.until("HTTP port of the callout", () => /"httpPort":(\d+)/.test(program.log()));
  return {
    ...program,
    stop: program.end,
    async ready() {
      await eventually("ready callout", async () => (await program.get("/readyz")).status === 200);
    },
  };
}
