import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { type EmulatorAddress, type EmulatorFolder, emulatorFolder } from "../../cli/core/emulator-folder";
import { toolPath } from "../../cli/core/toolbox/find";
import { type Aws, connectAws } from "../../cli/emulator/aws";
import { EmulatorControl } from "../../cli/emulator/client";
import { ensureEmulator, removeEmulator } from "../../cli/emulator/start";

export const region = "eu-west-1";

/** Why tests with an emulator cannot run here; `undefined` when they can. */
const missing = (["moto", "pebble"] as const).filter((name) => !toolPath(name));
export const noEmulator = missing.length > 0 ? `not installed: ${missing.join(", ")}` : undefined;

/** An emulated AWS of a test's own, as `natsform deploy --emulate` starts it. */
export class TestEmulator {
  readonly root = mkdtempSync(join(tmpdir(), "natsform-emulator-"));
  readonly folder: EmulatorFolder = emulatorFolder(this.root, "test");
  #address: EmulatorAddress | undefined;

  async start(): Promise<void> {
    this.#address = await ensureEmulator(this.folder);
  }

  get address(): EmulatorAddress {
    if (!this.#address) throw new Error("not started");
    return this.#address;
  }

  /** Calls in AWS's own protocols, through the emulator's endpoint. */
  get aws(): Aws {
    return connectAws(this.address);
  }

  get control(): EmulatorControl {
    return new EmulatorControl(this.address);
  }

  /** For clients of AWS's SDK. One attempt: what the emulator answers is what a test is about. */
  get client() {
    const { url: endpoint, key } = this.address;
    const credentials = { accessKeyId: key, secretAccessKey: key };
    return { region, endpoint, credentials, maxAttempts: 1 };
  }

  async remove(): Promise<void> {
    await removeEmulator(this.folder);
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The zip of a function with this code as its `index.js`. */
export const codeZip = (code: string) => zipSync({ "index.js": new TextEncoder().encode(code) });
