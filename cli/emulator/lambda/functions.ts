import { rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { unzipSync } from "fflate";
import type { Aws } from "../aws";

/** A deployed function: its settings from CreateFunction and updates, and the folder of its code. */
export interface DeployedFunction {
  name: string;
  region: string;
  arn: string;
  folder: string;
  settings: FunctionSettings;
  /** Invocations that may run at once; unlimited without one. */
  reservedConcurrency?: number;
}

/** The part of a function's configuration that an invocation needs, in AWS's words. */
export interface FunctionSettings {
  Handler?: string;
  /** Seconds. */
  Timeout?: number;
  MemorySize?: number;
  Environment?: { Variables?: Record<string, string> };
  DeadLetterConfig?: { TargetArn?: string };
  LoggingConfig?: { LogGroup?: string };
}

export interface FunctionCode {
  /** Base64. */
  ZipFile?: string;
  S3Bucket?: string;
  S3Key?: string;
}

/** The deployed functions, with the same zips that Terraform uploaded. */
export class Functions {
  readonly #functions = new Map<string, DeployedFunction>();

  constructor(
    private readonly folder: string,
    private readonly aws: Aws,
  ) {}

  /** By name, ARN or partial ARN, with or without a qualifier. */
  find(region: string, reference: string): DeployedFunction | undefined {
    const parts = decodeURIComponent(reference).split(":");
    const name = parts.length > 1 ? parts[parts.indexOf("function") + 1] : parts[0];
    return this.#functions.get(`${region}/${name}`);
  }

  all(): DeployedFunction[] {
    return [...this.#functions.values()];
  }

  async create(
    region: string,
    { name, arn }: { name: string; arn: string },
    spec: FunctionSettings & { Code?: FunctionCode },
  ): Promise<void> {
    const created = { name, region, arn, folder: join(this.folder, name, "code"), settings: settingsOf(spec) };
    this.#functions.set(`${region}/${name}`, created);
    await this.deploy(created, spec.Code ?? {});
  }

  /** Unpacks new code in the place of the old. */
  async deploy({ region, folder }: DeployedFunction, code: FunctionCode): Promise<void> {
    const zip = code.ZipFile ? Buffer.from(code.ZipFile, "base64") : await this.#fromS3(region, code);
    rmSync(folder, { recursive: true, force: true });
    for (const [name, content] of Object.entries(unzipSync(zip))) {
      const path = normalize(join(folder, name));
      if (name.endsWith("/") || !path.startsWith(folder)) continue;
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    }
  }

  configure(deployed: DeployedFunction, spec: FunctionSettings): void {
    Object.assign(deployed.settings, settingsOf(spec));
  }

  remove({ region, name, folder }: DeployedFunction): void {
    this.#functions.delete(`${region}/${name}`);
    rmSync(folder, { recursive: true, force: true });
  }

  async #fromS3(region: string, { S3Bucket = "", S3Key = "" }: FunctionCode): Promise<Uint8Array> {
    const response = await this.aws.send(region, "s3", `/${S3Bucket}/${S3Key}`);
    if (!response.ok) throw new Error(`the code of a function is not at s3://${S3Bucket}/${S3Key}`);
    return new Uint8Array(await response.arrayBuffer());
  }
}

const kept = ["Handler", "Timeout", "MemorySize", "Environment", "DeadLetterConfig", "LoggingConfig"] as const;
/** The settings that a request names; an update leaves all others unchanged. */
const settingsOf = (spec: FunctionSettings): FunctionSettings =>
  Object.fromEntries(kept.flatMap((key) => (spec[key] === undefined ? [] : [[key, spec[key]]])));
