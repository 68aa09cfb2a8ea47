import { existsSync, readFileSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Environment } from "../../../model/config";
import { kubernetesNames, type Topology, vaultClusters } from "../../../model/topology";
import { checkPrerequisite, type Prerequisite } from "./prerequisite";

/** The token that Vault's own tools would use. */
function vaultToken(env: NodeJS.ProcessEnv): string | undefined {
  const file = join(env.HOME ?? homedir(), ".vault-token");
  return env.VAULT_TOKEN || (existsSync(file) ? readFileSync(file, "utf8").trim() : undefined);
}

interface Answer {
  status: number;
  body: unknown;
}

const answerMs = 15_000;

/** Paths that exist in Vault's root namespace alone, and fail with a header for another namespace. */
const rootOnly = new Set(["sys/health"]);

/** Calls Vault as its own tools do, with the caller's address, token, namespace and authority. */
export function askVault(env: NodeJS.ProcessEnv, method: string, path: string, body?: object): Promise<Answer> {
  const url = new URL(`/v1/${path}`, env.VAULT_ADDR);
  const headers = {
    "x-vault-token": vaultToken(env) ?? "",
    ...(env.VAULT_NAMESPACE && !rootOnly.has(path) && { "x-vault-namespace": env.VAULT_NAMESPACE }),
  };
  const trust = {
    ...(env.VAULT_CACERT && { ca: readFileSync(env.VAULT_CACERT) }),
    ...(/^(1|true)$/i.test(env.VAULT_SKIP_VERIFY ?? "") && { rejectUnauthorized: false }),
  };
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers, ...trust, timeout: answerMs }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.once("error", reject);
      response.once("end", () => {
        try {
          resolve({ status: response.statusCode ?? 0, body: text === "" ? {} : JSON.parse(text) });
        } catch {
          reject(new Error(`${url.origin} does not answer as Vault does`));
        }
      });
    });
    call.once("timeout", () => call.destroy(new Error(`${url.origin} does not answer within ${answerMs / 1000} s`)));
    call.once("error", reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const Health = z.object({ initialized: z.boolean(), sealed: z.boolean(), version: z.string() });

/** Vault answers and the caller is logged in, for environments whose certificates Vault signs. */
export function vaultPrerequisites(topology: Topology, env: NodeJS.ProcessEnv): Promise<Prerequisite>[] {
  if (vaultClusters(topology).length === 0) return [];
  return [
    checkPrerequisite(
      {
        name: "Vault",
        needed: "reachable and unsealed at VAULT_ADDR",
        get: "export VAULT_ADDR, and unseal it; or set tls.issuer to local and fill the Secrets by hand",
      },
      async () => {
        if (!env.VAULT_ADDR) return { ok: false, found: "VAULT_ADDR is not set" };
        // A standby or sealed Vault answers with another status and the same body.
        const { status, body } = await askVault(env, "GET", "sys/health");
        const health = Health.safeParse(body);
        if (!health.success) return { ok: false, found: `${env.VAULT_ADDR} does not answer as Vault does: ${status}` };
        const { initialized, sealed, version } = health.data;
        const namespace = env.VAULT_NAMESPACE ? `, namespace ${env.VAULT_NAMESPACE}` : "";
        const state = sealed ? "sealed" : initialized ? version : "not initialized";
        return { ok: initialized && !sealed, found: `${state} at ${env.VAULT_ADDR}${namespace}` };
      },
    ),
    checkPrerequisite(
      { name: "Vault token", needed: "accepted by Vault", get: "vault login, or export VAULT_TOKEN" },
      async () => {
        if (!env.VAULT_ADDR || !vaultToken(env)) return { ok: false, found: "VAULT_TOKEN is not set" };
        const { status } = await askVault(env, "GET", "auth/token/lookup-self");
        return { ok: status === 200, found: status === 200 ? "accepted" : `Vault answers ${status}` };
      },
    ),
  ];
}

/** Rights that the token needs for the stack with the authorities. */
export function vaultRights(
  environment: Environment,
  topology: Topology,
  env: NodeJS.ProcessEnv,
): Promise<Prerequisite>[] {
  return vaultClusters(topology).map(({ name }) =>
    checkPrerequisite(
      {
        name: `Vault for ${name}`,
        needed: "a token that may create mounts, auth methods and policies",
        get: "ask for a policy with create, update and sudo on sys/mounts, sys/auth and sys/policies",
      },
      async () => {
        const { vault, mount = "pki-int" } = environment.clusters[name]?.tls ?? {};
        const policy = `sys/policies/acl/${environment.name}-${kubernetesNames(environment.name, name).renewal}`;
        const made = vault?.create ? [`sys/mounts/${vault.root}`, `sys/auth/${vault.authPath}`] : [];
        const paths = [...made, policy, `${mount}-internal/roles/any`];
        const { status, body } = await askVault(env, "POST", "sys/capabilities-self", { paths });
        if (status !== 200) return { ok: false, found: `Vault answers ${status}` };
        const may = z.record(z.string(), z.unknown()).parse(body);
        const denied = paths.filter((path) => !mayWrite(may[path]));
        return { ok: denied.length === 0, found: denied.length === 0 ? "allowed" : `not ${denied.join(", ")}` };
      },
    ),
  );
}

const mayWrite = (capabilities: unknown) =>
  Array.isArray(capabilities) && capabilities.some((one) => ["root", "create", "update", "sudo"].includes(one));
