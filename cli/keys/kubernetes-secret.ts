import { z } from "zod";
import { leafInclude } from "../../runtime/common/leaf-include";
import { Kubectl } from "../core/kubectl";
import { UserError } from "../core/project";
import { missingTool } from "../core/toolbox/missing";
import { checkKeyName, isKeyName } from "./key-name";
import type { KeyStore } from "./key-store";

const Secret = z.looseObject({ data: z.record(z.string(), z.string()).default({}) });

/**
 * One Secret of a Kubernetes cluster, with one entry for each key. It is accessed by kubectl, with kubectl's login.
 * Values are passed by standard input, never in arguments.
 */
export class KubernetesSecretStore implements KeyStore {
  readonly description: string;
  private readonly kubectl: Kubectl;

  /** @param context of the kubeconfig; without it the current one */
  constructor(
    private readonly namespace: string,
    private readonly secret: string,
    context?: string,
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.kubectl = new Kubectl(env, context);
    this.description = `Secret ${namespace}/${secret}`;
  }

  async read(name: string): Promise<string | undefined> {
    checkKeyName(name);
    return (await this.values()).get(name);
  }

  async write(name: string, value: string): Promise<void> {
    checkKeyName(name);
    const data = { [name]: encode(value) };
    if (name.startsWith("user-leaf-")) data[includeOf(name)] = encode(leafInclude(value));
    await this.change(data);
  }

  async remove(name: string): Promise<void> {
    checkKeyName(name);
    if (!(await this.values()).has(name)) return;
    await this.change({ [name]: undefined, ...(name.startsWith("user-leaf-") && { [includeOf(name)]: undefined }) });
  }

  async list(): Promise<string[]> {
    return [...(await this.values()).keys()].filter((name) => !name.startsWith("include-")).sort();
  }

  private async values(): Promise<Map<string, string>> {
    const { data } = await this.object();
    return new Map(
      Object.entries(data)
        // `owner` is Terraform's entry.
        .filter(([name]) => isKeyName(name) && name !== "owner")
        .map(([name, value]) => [name, Buffer.from(value, "base64").toString("utf8")]),
    );
  }

  private async object() {
    return Secret.parse(JSON.parse(await this.ask(["get", "secret", this.secret, "-o", "json"])));
  }

  /** Replaces the whole Secret with the version that was read: Kubernetes refuses one of two concurrent writes. */
  private async change(data: Record<string, string | undefined>): Promise<void> {
    const object = await this.object();
    const changed = { ...object, data: { ...object.data, ...data } };
    await this.ask(["replace", "--filename", "-"], JSON.stringify(changed));
  }

  private async ask(args: readonly string[], input = ""): Promise<string> {
    const { code, stdout, stderr, missing } = await this.kubectl.runWith(input, "--namespace", this.namespace, ...args);
    if (code === 0) return stdout;
    if (missing) throw missingTool("kubectl");
    const fix = stderr.includes("NotFound")
      ? "deploy the stack that ends with -pki first: it creates the Secret"
      : undefined;
    throw new UserError(`${this.description}: ${stderr.trim().split("\n")[0] ?? `kubectl ended with ${code}`}`, fix);
  }
}

/** Entry that a server's configuration includes, beside the login of a leaf. */
const includeOf = (name: string) => `include-${name.slice("user-".length)}`;

const encode = (value: string) => Buffer.from(value).toString("base64");

/** `NAMESPACE/SECRET`, and the context behind a question mark: `nats/nats-keys?production`. */
export function kubernetesSecretStore(rest: string): KubernetesSecretStore | undefined {
  const [, namespace, secret, context] = /^([a-z0-9-]+)\/([a-z0-9.-]+)(?:\?(.+))?$/.exec(rest) ?? [];
  return namespace && secret ? new KubernetesSecretStore(namespace, secret, context) : undefined;
}
