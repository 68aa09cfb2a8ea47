import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { copyBuilt } from "../../artifacts/copy-built";
import type { EnsureRequest } from "../../runtime/certificate-manager/contract";
import type { CertificateWorld } from "./certificate-world";

/** An invocation of the deployed bundle in a process of its own, as a function has one. It can be killed. */
export class FunctionProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly said: () => string,
    /** Not its exit: by then its last words may not have been read. */
    private readonly closed: Promise<unknown>,
  ) {}

  /** Ends with the tests' process at the latest. */
  static start(
    world: CertificateWorld,
    environment: Record<string, string>,
    caFile: string,
    request: EnsureRequest,
    remainingMs: number,
  ): FunctionProcess {
    const bundle = join(world.folder, "index.js");
    copyBuilt("programs/certificate-manager.cjs", bundle);
    const script = `
      const { handler } = require(${JSON.stringify(bundle)});
      const end = Date.now() + ${remainingMs};
      handler(${JSON.stringify(request)}, { getRemainingTimeInMillis: () => end - Date.now() })
        .then((answer) => console.log(JSON.stringify(answer)), (error) => console.log(error.message));`;
    const env = { PATH: process.env.PATH ?? "", NODE_EXTRA_CA_CERTS: caFile, ...environment };
    const child = spawn(process.execPath, ["-e", script], { env, stdio: ["ignore", "pipe", "pipe"] });
    process.once("exit", () => child.kill("SIGKILL"));
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text) => {
        said += text;
        world.logged.push(String(text));
      });
    return new FunctionProcess(child, () => said, once(child, "close"));
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null;
  }

  /** Fails when it has ended by itself. */
  async kill(): Promise<void> {
    if (this.hasEnded) throw new Error(`it has ended by itself:\n${this.said()}`);
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }

  /** Everything that it has said, once it has ended. */
  async end(): Promise<string> {
    await this.closed;
    return this.said();
  }
}
