import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type EmulatorAddress, type EmulatorFolder, emulatorFolder } from "../../cli/core/emulator-folder";
import type { DeployRow } from "../../cli/core/rows";
import { type Aws, connectAws } from "../../cli/emulator/aws";
import { EmulatorControl } from "../../cli/emulator/client";
import { removeEmulator, runningEmulator } from "../../cli/emulator/start";
import type { EnvironmentInput } from "../../model/config";
import { filesBelow } from "./files";
import { jsonOf, TestProject } from "./project";

export interface Deployed {
  environment: string;
  ok: boolean;
  applied: Record<string, number>;
  removed: Record<string, number>;
  noted: string[];
  outputs: Record<string, Record<string, unknown>>;
  rows: DeployRow[];
}

/** An environment of a test's own project on an emulated AWS, reached as users reach it. */
export class TestDeployment {
  readonly project = new TestProject();
  readonly folder: EmulatorFolder;

  constructor(readonly environment: EnvironmentInput) {
    this.project.write(environment);
    this.folder = emulatorFolder(this.project.root, environment.name);
  }

  async deploy(): Promise<Deployed> {
    const { name } = this.environment;
    return jsonOf<Deployed>(await this.project.natsform("deploy", name, "--emulate", "--json"), this.failures());
  }

  get address(): EmulatorAddress {
    const address = runningEmulator(this.folder);
    if (!address) throw new Error("no emulator runs");
    return address;
  }

  get aws(): Aws {
    return connectAws(this.address);
  }

  get control(): EmulatorControl {
    return new EmulatorControl(this.address);
  }

  /** Addresses of the client record. */
  async record(name: string): Promise<string[]> {
    const zones = await (await this.aws.send("us-east-1", "route53", "/2013-04-01/hostedzone")).text();
    const domain = name.slice(name.indexOf(".") + 1);
    const zone = zones
      .split("<HostedZone>")
      .find((text) => text.includes(`<Name>${domain}.</Name>`))
      ?.match(/<Id>\/hostedzone\/([^<]+)</)?.[1];
    const path = `/2013-04-01/hostedzone/${zone}/rrset?name=${name}&type=A`;
    const sets = await (await this.aws.send("us-east-1", "route53", path)).text();
    const own = sets.split("<ResourceRecordSet>").find((text) => text.includes(`<Name>${name}.</Name>`)) ?? "";
    return [...own.matchAll(/<Value>([^<]+)</g)].map(([, value = ""]) => value).sort();
  }

  /** Public addresses of the tasks of the environment's servers. */
  async addresses(): Promise<string[]> {
    const { tasks } = await this.control.state();
    return tasks.flatMap(({ publicAddress }) => (publicAddress ? [publicAddress] : [])).sort();
  }

  /** Every file that the deployment wrote, but the keys' own folder and code: what must hold no secret. */
  files(): { path: string; text: string }[] {
    const root = join(this.project.root, ".natsform");
    return filesBelow(root)
      .filter((path) => !/(^|\/)(keys|pebble|providers|functions)\//.test(path) && !path.endsWith(".cjs"))
      .map((path) => join(root, path))
      .map((path) => ({ path, text: readFileSync(path, "latin1") }));
  }

  private failures(): string {
    return existsSync(this.folder.log) ? readFileSync(this.folder.log, "utf8").slice(-2000) : "";
  }

  async remove(): Promise<void> {
    await removeEmulator(this.folder);
    await this.project.remove();
  }
}
