import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exchange, type KubernetesApi } from "../../runtime/certificate-renewal/kubernetes";
import { openVault } from "../../runtime/certificate-renewal/vault";
import { vaultToken } from "../../runtime/certificate-renewal/vault-token";
import { createAuthority, issueCertificate } from "../../runtime/x509/authority";
import { eventually } from "../support/eventually";
import { freePorts } from "../support/ports";
import { findProgram } from "../support/programs";
import { all, type Block, contextOf, one, projectWithCode, type Stack, synthesized } from "../support/stacks";

/** The renewal job's login to a real Vault, which asks a real Kubernetes API whether the token is genuine. */

const [etcd, apiserver, vault] = ["etcd", "kube-apiserver", "vault"].map(findProgram);
const isThere = etcd && apiserver && vault;
if (!isThere) process.stderr.write("the login to Vault is not tried: etcd, kube-apiserver or vault is not on PATH\n");
const truth = isThere ? test : test.skip;

const root = projectWithCode();
const home = mkdtempSync(join(tmpdir(), "natsform-vault-login-"));
const file = (name: string) => join(home, name);
const account = "nats-certificate-renewal";
const [admin, vaultRoot] = ["admin-token", "root-token"];
const children: ChildProcess[] = [];
let address = "";
let vaultAddress = "";
let ca = "";
let role: Block;

async function kubernetes(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${admin}`, "content-type": "application/json" };
  const found = await exchange(`${address}${path}`, body ? JSON.stringify(body) : "", { method, ca, headers });
  if (found.status >= 300) throw new Error(`${method} ${path}: ${found.status} ${found.text}`);
  return found;
}

async function callVault(path: string, body: object): Promise<void> {
  const response = await fetch(`${vaultAddress}/v1/${path}`, {
    method: "POST",
    headers: { "x-vault-token": vaultRoot },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

/** Terraform's names of attributes, as Kubernetes has them. */
const camel = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value).replace(
      /"(\w+)":/g,
      (_, key: string) => `"${key.replace(/_(.)/g, (_, c) => c.toUpperCase())}":`,
    ),
  );

function start(program: string | undefined, ...args: string[]): void {
  children.push(
    spawn(program ?? "", args, { cwd: home, env: { PATH: process.env.PATH, HOME: home }, stdio: "ignore" }),
  );
}

beforeAll(async () => {
  if (!isThere) return;
  const [client, peer, secure, http] = await freePorts(4);
  const url = (port = 0) => `http://127.0.0.1:${port}`;
  start(
    etcd,
    ...["--data-dir", file("etcd"), "--listen-client-urls", url(client), "--advertise-client-urls", url(client)],
    ...["--listen-peer-urls", url(peer), "--initial-advertise-peer-urls", url(peer)],
    ...["--initial-cluster", `default=${url(peer)}`, "--unsafe-no-fsync"],
  );
  const now = new Date();
  const authority = await createAuthority("kubernetes", 86_400_000, now);
  const names = { dns: ["localhost"], addresses: ["127.0.0.1"] };
  const { cert, key } = await issueCertificate(authority, { names, usages: ["server"], ttlMs: 86_400_000, now });
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(file("api.crt"), cert);
  writeFileSync(file("api.key"), key, { mode: 0o600 });
  writeFileSync(file("sa.pub"), publicKey.export({ type: "spki", format: "pem" }));
  writeFileSync(file("sa.key"), privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  writeFileSync(file("tokens.csv"), `${admin},admin,1,"system:masters"\n`, { mode: 0o600 });
  ca = authority.cert;
  address = `https://127.0.0.1:${secure}`;
  start(
    apiserver,
    ...["--etcd-servers", url(client), "--bind-address", "127.0.0.1", "--secure-port", String(secure)],
    ...["--tls-cert-file", file("api.crt"), "--tls-private-key-file", file("api.key")],
    ...["--service-account-issuer", "https://kubernetes.default.svc.cluster.local"],
    ...["--service-account-key-file", file("sa.pub"), "--service-account-signing-key-file", file("sa.key")],
    ...["--authorization-mode", "RBAC", "--token-auth-file", file("tokens.csv")],
    ...["--service-cluster-ip-range", "10.0.0.0/24", "--endpoint-reconciler-type", "none"],
  );
  vaultAddress = url(http);
  const json = ["-dev-cluster-json", file("cluster.json")].join("=");
  start(vault, "server", "-dev", `-dev-root-token-id=${vaultRoot}`, `-dev-listen-address=127.0.0.1:${http}`, json);
  await eventually("the API answers", async () => (await kubernetes("GET", "/readyz")).status === 200, 120);
  await eventually("Vault answers", async () => (await fetch(`${vaultAddress}/v1/sys/health`)).ok, 90);

  const stack = synthesized([await contextOf("kubernetes-production", root)], join(root, "out"))[
    "kubernetes-production-nats-pki"
  ];
  await grant(stack);
  role = one(stack, "vault_kubernetes_auth_backend_role");
  await callVault("sys/auth/kubernetes", { type: "kubernetes" });
  const settings = one(stack, "vault_kubernetes_auth_backend_config");
  await callVault("auth/kubernetes/config", { ...settings, kubernetes_host: address, kubernetes_ca_cert: ca });
  await callVault(`auth/kubernetes/role/${role.role_name}`, role);
});
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
});

/** Makes the namespace, the ServiceAccount and the rights of a stack. All of them have one name. */
async function grant(stack: Stack | undefined): Promise<void> {
  const named = (block: Block) =>
    JSON.parse(JSON.stringify(block).replace(/"\$\{[^}]+\.name\}"/g, JSON.stringify(account)));
  const made = (type: string) => Object.values(all(stack, type)).map(named);
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const inside = "namespaces/nats";
  await kubernetes("POST", "/api/v1/namespaces", { metadata: { name: "nats" } });
  for (const { metadata } of made("kubernetes_service_account_v1"))
    await kubernetes("POST", `/api/v1/${inside}/serviceaccounts`, { metadata: { name: metadata.name } });
  for (const { metadata, rule } of made("kubernetes_role_v1"))
    await kubernetes("POST", `${rbac}/${inside}/roles`, { metadata: { name: metadata.name }, rules: camel(rule) });
  const bindings = [
    ["kubernetes_role_binding_v1", `${inside}/rolebindings`],
    ["kubernetes_cluster_role_binding_v1", "clusterrolebindings"],
  ] as const;
  for (const [type, path] of bindings)
    for (const { metadata, role_ref, subject } of made(type))
      await kubernetes("POST", `${rbac}/${path}`, {
        metadata: { name: metadata.name },
        roleRef: camel(role_ref),
        subjects: subject.map((one: Block) => ({ ...one, namespace: "nats" })),
      });
}

/** What a pod of the ServiceAccount is given, for these audiences. */
async function tokenOf(audiences?: string[], boundObjectRef?: object): Promise<string> {
  const path = `/api/v1/namespaces/nats/serviceaccounts/${account}/token`;
  const spec = { audiences, expirationSeconds: 600, boundObjectRef };
  const { text } = await kubernetes("POST", path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec,
  });
  return JSON.parse(text).status.token;
}

const login = (jwt: string) => openVault(vaultAddress, { path: "kubernetes", role: String(role.role_name), jwt });

truth("the job gets a token for Vault with the rights that it has, and is let in, until its pod is gone", async () => {
  const pods = "/api/v1/namespaces/nats/pods";
  const container = { name: "job", image: "job" };
  const spec = { serviceAccountName: account, automountServiceAccountToken: false, containers: [container] };
  const { text } = await kubernetes("POST", pods, { metadata: { name: "job" }, spec });
  const { uid } = JSON.parse(text).metadata;
  const own = await tokenOf(undefined, { apiVersion: "v1", kind: "Pod", name: "job", uid });
  const api: KubernetesApi = { address, namespace: "nats", ca, token: () => own };
  const jwt = await vaultToken(api, "vault");
  await expect(login(jwt)).resolves.toBeDefined();
  await kubernetes("DELETE", `${pods}/job`, { gracePeriodSeconds: 0 });
  await eventually("the token has ended", () =>
    login(jwt).then(
      () => false,
      (error) => /refuses login: 403/.test(String(error)),
    ),
  );
});

truth("a token that a pod has for the API, or for somebody else, is refused", async () => {
  const api = "https://kubernetes.default.svc.cluster.local";
  for (const audiences of [undefined, [api], [api, "registry"]])
    await expect(login(await tokenOf(audiences))).rejects.toThrow(/refuses login: 403.*audience/);
});
