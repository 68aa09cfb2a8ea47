import { execFile, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { findProviderMirrors } from "../../cli/core/provider-mirror";
import type { TestProject } from "./project";

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
  /** Where images are pushed and nodes pull: a repository, or `local` for a registry on this machine, which is the node. */
  registry: process.env.NATSFORM_ACCEPTANCE_REGISTRY,
  /** Class of volumes that exists, with at least nine volumes of 1Gi. */
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
  return lacking.length > 0 && !registryAnswers()
    ? `providers that are neither on this machine nor at a registry that answers: ${lacking.join(", ")}`
    : undefined;
}

/** At once, since tests are skipped or not before anything can be waited for. */
function registryAnswers(): boolean {
  const programs = JSON.stringify(join(__dirname, "..", "..", "cli", "deploy", "preflight", "tools"));
  const ask = `require(${programs}).registryAnswers().then((ok) => process.exit(ok ? 0 : 1))`;
  return spawnSync(process.execPath, ["--require", require.resolve("tsx/cjs"), "-e", ask]).status === 0;
}

/** The state of a stack as Terraform keeps it; undefined when there is none. */
export function stateOf({ root }: TestProject, stack: string): string | undefined {
  const file = join(root, `terraform.${stack}.tfstate`);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** kubectl's answer. */
export async function kubectl(...args: string[]): Promise<string> {
  return (await run("kubectl", args, { maxBuffer: 2 ** 26 })).stdout.trim();
}

/** What is at most one line of a table that the run ends with. */
export class Report {
  readonly #rows: string[] = [];

  async row<T>(what: string, prove: () => Promise<T>, show: (seen: T) => string): Promise<T> {
    const start = Date.now();
    const end = (text: string) => {
      this.#rows.push(`| ${what} | ${text} | ${((Date.now() - start) / 1000).toFixed(0)} s |`);
      process.stderr.write(`${this.#rows.at(-1)}\n`);
    };
    try {
      const seen = await prove();
      end(show(seen));
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
