import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { kubeconfigEnv, kubeconfigFiles, withoutKubeconfig } from "../../cli/core/kubernetes-access";
import { UserError } from "../../cli/core/project";
import { placePods, quantity, zonesOf } from "../../cli/deploy/preflight/kubernetes-room";
import { checkPrerequisite, prerequisiteError } from "../../cli/deploy/preflight/prerequisite";
import { providersOf } from "../../cli/deploy/preflight/tools";
import { vaultPrerequisites, vaultRights } from "../../cli/deploy/preflight/vault";
import demo from "../../environments/demo";
import kubernetesProduction from "../../environments/kubernetes-production";
import { Environment } from "../../model/config";
import { buildTopology, isOnKubernetes } from "../../model/topology";
import { podGroups } from "../../templates/kubernetes-requests";
import { natsform } from "../support/cli-run";
import { TestProject } from "../support/project";

const production = Environment.parse(kubernetesProduction);
const topology = buildTopology(production);

describe("the kubeconfig", () => {
  const home = mkdtempSync(join(tmpdir(), "natsform-home-"));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  test("is the one that kubectl would take, or else the one that Terraform would", () => {
    expect(kubeconfigFiles({ HOME: home })).toEqual([]);
    mkdirSync(join(home, ".kube"));
    writeFileSync(join(home, ".kube", "config"), "");
    expect(kubeconfigFiles({ HOME: home })).toEqual([join(home, ".kube", "config")]);
    expect(kubeconfigFiles({ HOME: home, KUBE_CONFIG_PATH: "/a" })).toEqual(["/a"]);
    expect(kubeconfigFiles({ HOME: home, KUBE_CONFIG_PATH: "/a", KUBECONFIG: ["/b", "/c"].join(delimiter) })).toEqual([
      "/b",
      "/c",
    ]);
  });

  test("reaches Terraform's providers as one file or as several, held to the context that was shown", () => {
    expect(kubeconfigEnv(["/a"], "lab")).toEqual({ KUBE_CONFIG_PATH: "/a", KUBE_CTX: "lab" });
    expect(kubeconfigEnv(["/a", "/b"], "lab")).toEqual({
      KUBE_CONFIG_PATHS: ["/a", "/b"].join(delimiter),
      KUBE_CTX: "lab",
    });
  });

  test("is the only thing that says where the Kubernetes cluster is", () => {
    const env = {
      KUBECONFIG: "/a",
      KUBE_CONFIG_PATH: "/b",
      KUBE_CTX: "c",
      KUBERNETES_SERVICE_HOST: "10.0.0.1",
      PATH: "/bin",
    };
    expect(withoutKubeconfig(env)).toEqual({ KUBERNETES_SERVICE_HOST: "10.0.0.1", PATH: "/bin" });
  });
});

describe("what is missing", () => {
  const one = { name: "kubectl", found: "not on PATH", needed: "any", ok: false, get: "install it" };

  test("is one error with its fix, or all of them at once", () => {
    expect(prerequisiteError("prod", [{ ...one, ok: true }])).toBeUndefined();
    expect(prerequisiteError("prod", [one])?.message).toBe("kubectl: not on PATH; needed: any\n  fix: install it");
    expect(prerequisiteError("prod", [one, { ...one, ok: true }, { ...one, name: "crane" }])?.message).toBe(
      [
        "prod cannot be deployed from here, 2 things are missing:",
        "  ✖ kubectl: not on PATH; needed: any",
        "    fix: install it",
        "  ✖ crane: not on PATH; needed: any",
        "    fix: install it",
      ].join("\n"),
    );
  });

  test("is also what cannot be looked at, with the fix of whoever knew one", async () => {
    const failing = (error: Error) =>
      checkPrerequisite({ name: "a", needed: "b", get: "c" }, () => Promise.reject(error));
    expect(await failing(new Error("boom\nstack"))).toEqual({
      name: "a",
      needed: "b",
      get: "c",
      ok: false,
      found: "boom",
    });
    expect(await failing(new UserError("no", "this"))).toMatchObject({ found: "no", get: "this" });
  });

  test("depends on where the clusters are", () => {
    expect(providersOf(topology)).toEqual(["kubernetes", "helm", "vault"]);
    expect(providersOf(buildTopology(Environment.parse(demo)))).toEqual(["aws"]);
  });
});

describe("room", () => {
  test.each([
    ["2", 2],
    ["500m", 0.5],
    ["4Gi", 4 * 2 ** 30],
    ["24581696Ki", 24581696 * 1024],
    ["1G", 1e9],
    ["many", Number.NaN],
  ])("%s is %d", (text, value) => {
    expect(quantity(text)).toBe(value);
  });

  const cluster = topology.clusters.filter(isOnKubernetes)[0];
  if (!cluster) throw new Error("the shipped environment has no cluster on Kubernetes");
  const node = (name: string, cpu: string, memory: string, zone?: string) => ({
    metadata: { name, labels: zone ? { "topology.kubernetes.io/zone": zone } : ({} as Record<string, string>) },
    spec: { unschedulable: false },
    status: { allocatable: { cpu, memory } as Record<string, string> },
  });
  const pod = (nodeName: string, cpu: string, memory: string, own = false, phase = "Running") => ({
    metadata: {
      namespace: own ? "nats" : "other",
      labels: { "app.kubernetes.io/instance": "nats" } as Record<string, string>,
    },
    spec: { nodeName, containers: [{ resources: { requests: { cpu, memory } as Record<string, string> } }] },
    status: { phase },
  });
  // A server takes 2 CPUs and 8 GiB.
  const nodes = { items: [node("a", "4", "16Gi", "x"), node("b", "8", "17Gi", "y"), node("c", "3900m", "64Gi", "y")] };

  const servers = { what: "server", count: 9, cpu: 2, memory: 8 * 2 ** 30 };
  const placed = (of: typeof nodes, pods: ReturnType<typeof pod>[], ...more: (typeof servers)[]) =>
    placePods([servers, ...more], cluster, "production-nats", of, { items: pods }).map(({ placed }) => placed);

  test("is counted node by node: what is free on two of them fits no server", () => {
    expect(placed(nodes, [])).toEqual([2 + 2 + 1]);
    expect(placed(nodes, [pod("a", "100m", "1Gi")])).toEqual([1 + 2 + 1]);
  });
  test("is not taken by the deployment's own pods, nor by what has ended", () => {
    expect(placed(nodes, [pod("a", "2", "8Gi", true), pod("a", "2", "8Gi", false, "Succeeded")])).toEqual([5]);
    const program = { ...pod("a", "2", "8Gi"), metadata: { namespace: "nats", labels: {} as Record<string, string> } };
    expect(placed(nodes, [program])).toEqual([4]);
    program.metadata.labels["app.kubernetes.io/part-of"] = "production-nats";
    expect(placed(nodes, [program])).toEqual([5]);
  });
  test("is none on a node that takes no pods, and neither is its zone there", () => {
    const closed = {
      items: nodes.items.map((one) => ({ ...one, spec: { unschedulable: one.metadata.name === "a" } })),
    };
    expect(placed(closed, [])).toEqual([3]);
    expect(zonesOf(closed)).toEqual(["y"]);
    expect(zonesOf(nodes)).toEqual(["x", "y"]);
  });

  test("is for everything that is there at the same time: on two CPUs servers alone would fit", () => {
    const one = { items: [node("a", "2", "16Gi")] };
    const small = { ...cluster, platform: { ...cluster.platform, cpu: 0.6, memory: 2 ** 28, reloader: true } };
    const groups = podGroups(topology, small);
    expect(groups.map(({ what, count }) => [what, count])).toEqual([
      ["server", 3],
      ["backup", 2],
      ["responder", 4],
      ["certificate-renewal", 1],
      ["streams", 1],
    ]);
    // 0.6 with reloader and exporter at 0.05 each.
    expect(groups[0]?.cpu).toBeCloseTo(0.7);
    const found = placePods(groups, small, "production-nats", one, { items: [] });
    expect(found.filter(({ placed, count }) => placed < count).map(({ what, placed }) => [what, placed])).toEqual([
      ["server", 2],
    ]);
  });
});

describe("Vault", () => {
  let server: Server;
  let answers: Record<string, { status: number; body: object }>;
  const rootOnly = ["/v1/sys/health", "/v1/sys/seal-status", "/v1/sys/init"];
  const asked: { path: string; token: string; namespace?: string; body: string }[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => {
        body += part;
      });
      request.on("end", () => {
        const path = request.url ?? "";
        const namespace = request.headers["x-vault-namespace"] as string | undefined;
        asked.push({ path, token: String(request.headers["x-vault-token"]), namespace, body });
        // As Vault does: a few paths below sys/ are there for nobody who names a namespace.
        const isRootsAlone = namespace !== undefined && rootOnly.includes(path);
        const unsupported = { status: 400, body: { errors: ["unsupported path"] } };
        const { status, body: said } = isRootsAlone ? unsupported : (answers[path] ?? { status: 404, body: {} });
        response.writeHead(status).end(JSON.stringify(said));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  const env = () => ({
    VAULT_ADDR: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    VAULT_TOKEN: "token",
  });
  const health = { initialized: true, sealed: false, version: "1.21.0" };
  const look = async (more: NodeJS.ProcessEnv = {}) =>
    (await Promise.all(vaultPrerequisites(topology, { ...env(), ...more }))).map(({ ok, found }) => [ok, found]);

  test("answers, is unsealed and knows the token", async () => {
    answers = {
      "/v1/sys/health": { status: 200, body: health },
      "/v1/auth/token/lookup-self": { status: 200, body: {} },
    };
    expect(await look()).toEqual([
      [true, `1.21.0 at ${env().VAULT_ADDR}`],
      [true, "accepted"],
    ]);
    expect(asked.at(-1)?.token).toBe("token");
  });
  test("says of a namespace of its own what is true of all, and is asked for the token there", async () => {
    answers = {
      "/v1/sys/health": { status: 200, body: health },
      "/v1/auth/token/lookup-self": { status: 200, body: {} },
      "/v1/sys/capabilities-self": { status: 200, body: {} },
    };
    const VAULT_NAMESPACE = "admin";
    expect(await look({ VAULT_NAMESPACE })).toEqual([
      [true, `1.21.0 at ${env().VAULT_ADDR}, namespace admin`],
      [true, "accepted"],
    ]);
    await Promise.all(vaultRights(production, topology, { ...env(), VAULT_NAMESPACE }));
    const namespaces = asked.slice(-3).map(({ path, namespace }) => [path, namespace]);
    expect(Object.fromEntries(namespaces)).toEqual({
      "/v1/sys/health": undefined,
      "/v1/auth/token/lookup-self": "admin",
      "/v1/sys/capabilities-self": "admin",
    });
  });
  test("something else at its address is told, and not shown", async () => {
    answers = { "/v1/sys/health": { status: 200, body: { errors: ["not here"] } } };
    expect((await look())[0]).toEqual([false, `${env().VAULT_ADDR} does not answer as Vault does: 200`]);
  });
  test("a sealed one, and a token that it does not know, are told", async () => {
    answers = {
      "/v1/sys/health": { status: 503, body: { ...health, sealed: true } },
      "/v1/auth/token/lookup-self": { status: 403, body: {} },
    };
    expect(await look()).toEqual([
      [false, `sealed at ${env().VAULT_ADDR}`],
      [false, "Vault answers 403"],
    ]);
  });
  test("is not asked without its address, nor for clusters that it signs nothing for", async () => {
    const before = asked.length;
    const rows = await Promise.all(vaultPrerequisites(topology, { HOME: "/nowhere" }));
    expect(rows.map(({ found }) => found)).toEqual(["VAULT_ADDR is not set", "VAULT_TOKEN is not set"]);
    expect(vaultPrerequisites(buildTopology(Environment.parse(demo)), env())).toEqual([]);
    expect(asked.length).toBe(before);
  });
  test("tells what the token may not do", async () => {
    const may = {
      "sys/mounts/pki-root": ["create"],
      "sys/auth/kubernetes": ["deny"],
      "pki-int-internal/roles/any": ["update"],
    };
    answers = { "/v1/sys/capabilities-self": { status: 200, body: may } };
    const [row] = await Promise.all(vaultRights(production, topology, env()));
    expect(row).toMatchObject({
      ok: false,
      found: "not sys/auth/kubernetes, sys/policies/acl/kubernetes-production-nats-certificate-renewal",
    });
    expect(JSON.parse(asked.at(-1)?.body ?? "").paths).toHaveLength(4);
  });
});

describe("an environment without anything that it takes", () => {
  const project = new TestProject();
  beforeAll(() => project.write(kubernetesProduction));
  afterAll(() => project.remove());
  const nothing = {
    PATH: "/nowhere",
    HOME: project.root,
    NATSFORM_CACHE: project.root,
    KUBECONFIG: undefined,
    KUBE_CONFIG_PATH: undefined,
    VAULT_ADDR: undefined,
    VAULT_TOKEN: undefined,
    NATSFORM_IMAGE_BASE: undefined,
  };

  test("is not deployed, and is told everything at once", async () => {
    const { code, stdout, stderr } = await natsform(
      project.root,
      ["deploy", "kubernetes-production", "--yes"],
      nothing,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    for (const what of [
      "terraform",
      "kubectl",
      "Kubernetes of nats",
      "Vault",
      "keys",
      "images of nats",
      "base image",
      "crane",
    ])
      expect(stderr).toMatch(new RegExp(`^ {2}✖ ${what}: .*\\n {4}fix: `, "m"));
    expect(stderr).toMatch(
      /^environments\/kubernetes-production\.trust\.json: 1 error\n.*there is no trust file, .*\n {4}fix: natsform keys init/m,
    );
    expect(stderr).not.toContain("AWS credentials");
  });

  test("doctor tells the same in rows, for people and for programs", async () => {
    const { code, stdout } = await natsform(project.root, ["doctor", "kubernetes-production", "--json"], nothing);
    expect(code).toBe(1);
    const rows = JSON.parse(stdout) as { name: string; ok: boolean; required: boolean; get: string }[];
    expect(rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "terraform",
        "rights on nats",
        "volumes of nats",
        "room for nats",
        "DNS of nats",
        "zones of nats",
        "Vault for nats",
      ]),
    );
    for (const row of rows) expect(row).toMatchObject({ required: true, get: expect.stringMatching(/./) });
    const shown = await natsform(project.root, ["doctor", "kubernetes-production"], nothing);
    expect(shown.stdout).toMatch(/^✖ {2}kubectl +not on PATH/m);
    expect(shown.stdout).toMatch(/^missing for kubernetes-production: .*kubectl/m);
  });
});
