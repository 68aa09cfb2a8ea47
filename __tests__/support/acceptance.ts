import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { deployedBundle } from "../../cli/bundle";
import { findProviderMirrors, writeCliConfig } from "../../cli/deploy/provider-mirror";
import { synthesize } from "../../cli/deploy/synth";
import type { EnvironmentInput } from "../../modules/config";

const run = promisify(execFile);

/** What the acceptance tests are told; none of it has a default, since they change a cluster of somebody's. */
export const settings = {
  kubeconfig: process.env.KUBECONFIG,
  vaultAddress: process.env.VAULT_ADDR,
  vaultToken: process.env.VAULT_TOKEN,
  /** Folder of the chart; without it the repository's. */
  chart: process.env.NATSFORM_NATS_CHART,
  /** Address of this machine as pods reach it: the issuer of tokens listens there. */
  address: process.env.NATSFORM_ACCEPTANCE_ADDRESS,
  /** Command that makes an image known to the nodes: REF FOLDER ENTRY are added to it. */
  imageCommand: process.env.NATSFORM_ACCEPTANCE_IMAGE_COMMAND,
  /** Class of volumes that exists, with at least eight volumes of 1Gi. */
  storageClass: process.env.NATSFORM_ACCEPTANCE_STORAGE_CLASS,
  /** Where Vault reaches the Kubernetes API. */
  kubernetesHost: process.env.NATSFORM_ACCEPTANCE_KUBERNETES_HOST,
};

/** Without a Vault, certificates are issued here and put into their Secrets by hand. */
export const withVault = settings.vaultAddress !== undefined;

/** Why the acceptance tests cannot run here; undefined when they can. */
export function acceptanceMissing(): string | undefined {
  if (!process.env.NATSFORM_ACCEPTANCE) return "they change a cluster, and run by `make acceptance` alone";
  const optional = withVault ? ["chart"] : ["chart", "vaultAddress", "vaultToken", "kubernetesHost"];
  const unset = Object.entries(settings).filter(([name, value]) => !value && !optional.includes(name));
  if (unset.length > 0) return `not set: ${unset.map(([name]) => name).join(", ")}; see docs/kubernetes.md`;
  for (const program of ["terraform", "kubectl"]) {
    if (spawnSync(program, ["--help"], { stdio: "ignore" }).error) return `${program} is not on PATH`;
  }
  const found = findProviderMirrors().flatMap(({ providers }) => providers);
  const needed = ["kubernetes", "helm", ...(withVault ? ["vault"] : [])];
  const lacking = needed.filter((name) => !found.some((provider) => provider.endsWith(`/${name}`)));
  return lacking.length > 0 ? `providers that are not on this machine: ${lacking.join(", ")}` : undefined;
}

/** A project whose stacks are applied for real. */
export class AcceptanceProject {
  readonly root = mkdtempSync(join(tmpdir(), "natsform-acceptance-"));
  readonly #out = join(this.root, "out");
  #stack: ((name: string) => string) | undefined;

  constructor(readonly environment: string) {}

  write(environment: EnvironmentInput): void {
    mkdirSync(join(this.root, "environments"), { recursive: true });
    writeFileSync(
      join(this.root, "environments", `${environment.name}.ts`),
      `export default ${JSON.stringify(environment)};\n`,
    );
  }

  /** Makes a program's image and hands it to the nodes. */
  async image(ref: string, program: string): Promise<void> {
    const folder = join(this.root, "images", program);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "main.cjs"), deployedBundle(`runtime/${program}/main.ts`));
    const [command = "", ...args] = (settings.imageCommand ?? "").split(" ");
    await run(command, [...args, ref, folder, "main.cjs"], { maxBuffer: 2 ** 26 });
  }

  async synthesize(): Promise<void> {
    this.#stack = await synthesize({ root: this.root, environment: this.environment, out: this.#out });
  }

  /** Runs Terraform in a stack. @returns its exit code and what it said */
  async terraform(stack: string, ...args: string[]): Promise<{ code: number; text: string }> {
    const folder = this.#stack?.(stack);
    if (!folder) throw new Error("synthesize first");
    const env = {
      ...process.env,
      TF_CLI_CONFIG_FILE: writeCliConfig(this.root),
      CHECKPOINT_DISABLE: "1",
      TF_IN_AUTOMATION: "1",
      KUBE_CONFIG_PATH: settings.kubeconfig,
    };
    try {
      const { stdout, stderr } = await run("terraform", [`-chdir=${folder}`, ...args], { env, maxBuffer: 2 ** 28 });
      return { code: 0, text: stdout + stderr };
    } catch (error) {
      const { code, stdout = "", stderr = "" } = error as { code?: number; stdout?: string; stderr?: string };
      return { code: code ?? 1, text: stdout + stderr };
    }
  }

  /** @throws with what Terraform said, unless it succeeds */
  async apply(stack: string): Promise<string> {
    for (const args of [
      ["init", "-input=false", "-no-color"],
      ["apply", "-auto-approve", "-input=false", "-no-color"],
    ]) {
      const { code, text } = await this.terraform(stack, ...args);
      if (code !== 0) throw new Error(`${stack}: ${text.slice(-4000)}`);
      if (args[0] === "apply") return text;
    }
    return "";
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** kubectl's answer. */
export async function kubectl(...args: string[]): Promise<string> {
  return (await run("kubectl", args, { maxBuffer: 2 ** 26 })).stdout.trim();
}

/** What is at most one line of a table that the run ends with. */
export class Report {
  readonly #rows: string[] = [];

  async row<T>(what: string, prove: () => Promise<T>, say: (seen: T) => string): Promise<T> {
    const start = Date.now();
    const end = (text: string) => {
      this.#rows.push(`| ${what} | ${text} | ${((Date.now() - start) / 1000).toFixed(0)} s |`);
      process.stderr.write(`${this.#rows.at(-1)}\n`);
    };
    try {
      const seen = await prove();
      end(say(seen));
      return seen;
    } catch (error) {
      end(`FAILED: ${(error as Error).message.split("\n")[0]}`);
      throw error;
    }
  }

  print(): void {
    process.stderr.write(`\n| proof | seen | took |\n| --- | --- | --- |\n${this.#rows.join("\n")}\n\n`);
  }
}
