import { defaultRelease, testedReleases } from "../../../model/config/server-releases";
import { oldestTerraform } from "../../../model/config/terraform-release";
import { type Job, jobs, type Need } from "./jobs";

/*
 * Every program and file from elsewhere that natsform and its tests use. The Makefile, `natsform doctor`, `natsform tools`
 * and the messages about what is missing have nothing but this list. It is data: what finds and makes is beside it.
 */

interface Common {
  /** What it does here. */
  purpose: string;
  /** What cannot be done without it. */
  neededFor?: readonly Need[];
  /** What is done without it as far as possible. */
  usedFor?: readonly Need[];
}

/** How natsform makes a tool. Paths are those of the package. */
export type Way =
  /** A program of a Go module, in the version that `folder/go.mod` pins. */
  | { by: "go"; folder: string; package: string }
  /** A program of a Go module, in the version of the tool. */
  | { by: "go-version"; package: string }
  /**
   * A Python environment with the packages of a file, each with the hashes of its wheels. `sources`: those without a
   * wheel, which are then made with what is in the environment already.
   */
  | { by: "python"; requirements: string; sources?: string; program: string }
  /** Files out of Go modules: each line of `list` names a module with its version, and a file in it. */
  | { by: "go-files"; list: string };

/** A tool that natsform makes, in this version and no other. */
interface Made extends Common {
  kind: "made";
  /** That of the file that pins it: a test compares them. */
  version: string;
  /** Where it lies, in the cache folder. The version is part of it: checkouts with other pins share the cache. */
  place: string;
  way: Way;
  /** Name of several tools that are made together. */
  group?: string;
}

/** A program that is found on PATH. */
interface OnPath extends Common {
  kind: "on-path";
  /** Names that it goes by; without them, the tool's own. */
  programs?: readonly string[];
  /** Arguments with which it prints its version; without them, any will do. */
  versionArgs?: readonly string[];
  minimum?: string;
  /** How to get it, in words. */
  get: string;
}

/** A Terraform provider: Terraform takes it from a mirror on this machine, or from its registry. */
interface Provider extends Common {
  kind: "provider";
  provider: "aws" | "kubernetes" | "helm" | "vault";
  get: string;
}

/** What natsform runs on. */
interface Runtime extends Common {
  kind: "runtime";
  minimum: string;
  get: string;
}

type Entry = Made | OnPath | Provider | Runtime;
interface Named {
  name: string;
}
export type MadeTool = Made & Named;
export type ToolOnPath = OnPath & Named;
export type ProviderTool = Provider & Named;
export type Tool = Entry & Named;

const inBin = (name: string, version: string) => ({ version, place: `bin/${name}-${version}` });
const inPython = (name: string, version: string) => ({ version, place: `python/${name}-${version}` });

/** Start of the SHA-256 of tools/natsconf/main.go, which has no version of its own. */
const natsconfDigest = "1a0b890e";

const providers = "reach registry.terraform.io, or name a mirror in NATSFORM_PROVIDER_MIRROR";

const entries = {
  node: {
    kind: "runtime",
    minimum: "20.19",
    purpose: "runs natsform",
    get: "nodejs.org or the system's packages",
    neededFor: ["twin", "emulation", "aws", "kubernetes", "test"],
  },
  "nats-server": {
    kind: "made",
    ...inBin("nats-server", defaultRelease),
    way: { by: "go", folder: "tools", package: "github.com/nats-io/nats-server/v2" },
    purpose: "the servers of twins and tests",
    neededFor: ["twin", "test"],
  },
  moto: {
    kind: "made",
    ...inPython("moto", "5.2.1"),
    way: { by: "python", requirements: "tools/python/moto.txt", program: "moto_server" },
    purpose: "the emulated AWS",
    neededFor: ["emulation"],
    usedFor: ["test"],
  },
  pebble: {
    kind: "made",
    ...inBin("pebble", "2.10.1"),
    way: { by: "go", folder: "tools/deploy", package: "github.com/letsencrypt/pebble/v2/cmd/pebble" },
    purpose: "the ACME server beside the emulated AWS",
    neededFor: ["emulation"],
    usedFor: ["test"],
  },
  crane: {
    kind: "made",
    ...inBin("crane", "0.22.1"),
    way: { by: "go", folder: "tools/deploy", package: "github.com/google/go-containerregistry/cmd/crane" },
    purpose: "pulls and pushes images; the emulated AWS does without",
    neededFor: ["aws", "kubernetes"],
    usedFor: ["test"],
  },
  terraform: {
    kind: "on-path",
    versionArgs: ["version"],
    minimum: oldestTerraform,
    purpose: "applies stacks",
    get: "developer.hashicorp.com/terraform/install",
    neededFor: ["emulation", "aws", "kubernetes"],
    usedFor: ["test"],
  },
  "provider aws": {
    kind: "provider",
    provider: "aws",
    purpose: "Terraform's side of AWS",
    get: providers,
    neededFor: ["emulation", "aws"],
    usedFor: ["test"],
  },
  "provider kubernetes": {
    kind: "provider",
    provider: "kubernetes",
    purpose: "Terraform's side of Kubernetes",
    get: providers,
    neededFor: ["kubernetes"],
    usedFor: ["test"],
  },
  "provider helm": {
    kind: "provider",
    provider: "helm",
    purpose: "Terraform's side of Helm, which is in it",
    get: providers,
    neededFor: ["kubernetes"],
    usedFor: ["test"],
  },
  "provider vault": {
    kind: "provider",
    provider: "vault",
    purpose: "Terraform's side of Vault, where an environment uses it",
    get: providers,
    usedFor: ["kubernetes", "test"],
  },
  kubectl: {
    kind: "on-path",
    versionArgs: ["version", "--client"],
    purpose: "looks into Kubernetes clusters",
    get: "kubernetes.io/docs/tasks/tools",
    neededFor: ["kubernetes"],
  },
  "gke-gcloud-auth-plugin": {
    kind: "on-path",
    versionArgs: ["--version"],
    purpose: "logs in to GKE",
    get: "gcloud components install gke-gcloud-auth-plugin",
    usedFor: ["kubernetes"],
  },
  aws: {
    kind: "on-path",
    versionArgs: ["--version"],
    minimum: "2",
    purpose: "logs in to EKS",
    get: "docs.aws.amazon.com/cli",
    usedFor: ["kubernetes"],
  },
  go: {
    kind: "on-path",
    versionArgs: ["version"],
    minimum: "1.26",
    purpose: "builds nats-server, pebble, crane, natsconf, kube-score, actionlint and age",
    get: "go.dev/dl or the system's packages",
    neededFor: ["test"],
    usedFor: ["twin", "emulation", "aws", "kubernetes"],
  },
  python3: {
    kind: "on-path",
    versionArgs: ["--version"],
    minimum: "3.11",
    purpose: "runs moto, Checkov, schemathesis and the Python client",
    get: "the system's packages, with Python's venv module",
    usedFor: ["emulation", "test"],
  },
  natsconf: {
    kind: "made",
    ...inBin("natsconf", `${defaultRelease}-${natsconfDigest}`),
    way: { by: "go", folder: "tools", package: "./natsconf" },
    purpose: "nats-server's own parser, which printers are compared with",
    usedFor: ["test"],
  },
  "nats-cli": {
    kind: "made",
    ...inBin("nats-cli", "0.5.0"),
    way: { by: "go", folder: "tools/nats-cli", package: "github.com/nats-io/natscli/nats" },
    purpose: "the official command line, tried with the contexts that natsform writes",
    usedFor: ["test"],
  },
  age: {
    kind: "made",
    ...inBin("age", "1.3.2"),
    way: { by: "go", folder: "tools/age", package: "filippo.io/age/cmd/age" },
    purpose: "the official tool of the age format, which exports of keys are tried with",
    usedFor: ["test"],
  },
  "nats-py": {
    kind: "made",
    ...inPython("nats-py", "2.16.0"),
    way: {
      by: "python",
      requirements: "tools/python/nats-py.txt",
      sources: "tools/python/nats-py-sources.txt",
      program: "python3",
    },
    purpose: "the Python client, tried as the docs say",
    usedFor: ["test"],
  },
  checkov: {
    kind: "made",
    ...inPython("checkov", "3.3.30"),
    way: { by: "python", requirements: "tools/python/checkov.txt", program: "checkov" },
    purpose: "judges what the stacks make",
    usedFor: ["test"],
  },
  schemathesis: {
    kind: "made",
    ...inPython("schemathesis", "4.32.5"),
    way: { by: "python", requirements: "tools/python/schemathesis.txt", program: "schemathesis" },
    purpose: "asks the HTTP gateway what its document allows, and what it does not",
    usedFor: ["test"],
  },
  "kube-score": {
    kind: "made",
    ...inBin("kube-score", "1.20.0"),
    way: { by: "go", folder: "tools/kubernetes", package: "github.com/zegl/kube-score/cmd/kube-score" },
    purpose: "judges objects on Kubernetes",
    usedFor: ["test"],
  },
  actionlint: {
    kind: "made",
    ...inBin("actionlint", "1.7.12"),
    way: { by: "go", folder: "tools/actionlint", package: "github.com/rhysd/actionlint/cmd/actionlint" },
    purpose: "judges the workflows for GitHub",
    usedFor: ["test"],
  },
  "kubernetes-schemas": {
    kind: "made",
    version: "1.34.3-0.85.0-1.3.0",
    place: "kubernetes/1.34.3-0.85.0-1.3.0",
    way: { by: "go-files", list: "tools/kubernetes/schemas.txt" },
    purpose: "what objects of Kubernetes, of the Prometheus operator and of the Gateway API may hold",
    usedFor: ["test"],
  },
  helm: {
    kind: "on-path",
    versionArgs: ["version", "--short"],
    purpose: "shows the objects of a chart in a review, and in tests; deployments do without",
    get: "helm.sh/docs/intro/install",
    usedFor: ["test"],
  },
  chromium: {
    kind: "on-path",
    programs: ["chromium", "chromium-browser", "google-chrome"],
    purpose: "the browser of the browser test",
    get: "apt-get install chromium",
    usedFor: ["test"],
  },
  certutil: {
    kind: "on-path",
    purpose: "has the browser of the browser test trust a certificate",
    get: "apt-get install libnss3-tools",
    usedFor: ["test"],
  },
  vault: {
    kind: "on-path",
    versionArgs: ["version"],
    purpose: "a real Vault that roles are tried on",
    get: "developer.hashicorp.com/vault/install",
    usedFor: ["test"],
  },
  "kube-apiserver": {
    kind: "on-path",
    versionArgs: ["--version"],
    purpose: "a real Kubernetes API, which that Vault asks about tokens",
    get: "kubernetes.io/releases/download",
    usedFor: ["test"],
  },
  etcd: {
    kind: "on-path",
    versionArgs: ["--version"],
    purpose: "keeps what that API holds",
    get: "apt-get install etcd-server",
    usedFor: ["test"],
  },
  promtool: {
    kind: "on-path",
    versionArgs: ["--version"],
    purpose: "judges alerts, and tries them on samples",
    get: "prometheus.io/download",
    usedFor: ["test"],
  },
  "prometheus-nats-exporter": {
    kind: "on-path",
    purpose: "prints the metrics that alerts and dashboards are compared with",
    get: "github.com/nats-io/prometheus-nats-exporter/releases",
    usedFor: ["test"],
  },
} as const satisfies Record<string, Entry>;

export type ToolName = keyof typeof entries;

/** Releases that version gates are tried against; natsform itself never runs them. */
const oldServers = ["2.10.26", "2.10.27", "2.11.17", "2.12.1", "2.12.12", "2.14.2"];

/** Tested releases that are not the default. */
const otherReleases = testedReleases.filter((release) => release !== defaultRelease);

/** nats-server in a version that no file pins. */
const natsServerOf = (version: string): MadeTool => ({
  kind: "made",
  name: `nats-server@${version}`,
  ...inBin("nats-server", version),
  way: { by: "go-version", package: "github.com/nats-io/nats-server/v2" },
  purpose: "servers of another version than the pinned one",
  ...(oldServers.includes(version) && { group: "old-servers" }),
  ...(otherReleases.some((release) => release === version) && { usedFor: ["test"] as const }),
});

export const tools: readonly Tool[] = [
  ...Object.entries<Entry>(entries).map(([name, entry]) => ({ name, ...entry })),
  ...[...otherReleases, ...oldServers].map(natsServerOf),
];

export const toolNamed = <Name extends ToolName>(name: Name): (typeof entries)[Name] & { name: Name } => ({
  name,
  ...entries[name],
});

/** nats-server of this version: the pinned one, or another one. */
export const natsServerTool = (version: string): MadeTool =>
  version === defaultRelease ? toolNamed("nats-server") : natsServerOf(version);

/** What a user may name: a tool, a group of them, or `nats-server@VERSION`. Empty when there is none of this name. */
export function toolsNamed(name: string): Tool[] {
  const version = /^nats-server@(\d+\.\d+\.\d+)$/.exec(name)?.[1];
  if (version !== undefined) return [natsServerTool(version)];
  return tools.filter((tool) => tool.name === name || (tool.kind === "made" && tool.group === name));
}

/** The tools of a job, those first that it cannot be done without. */
export function toolsOf(needs: readonly Need[]): { tool: Tool; needed: boolean }[] {
  const isFor = (list: readonly Need[] = []) => needs.some((need) => list.includes(need));
  const needed = tools.filter(({ neededFor }) => isFor(neededFor));
  const used = tools.filter((tool) => isFor(tool.usedFor) && !needed.includes(tool));
  return [...needed.map((tool) => ({ tool, needed: true })), ...used.map((tool) => ({ tool, needed: false }))];
}

/** Jobs that the tool has to do with. */
export const jobsOf = ({ neededFor = [], usedFor = [] }: Tool): Job[] =>
  (Object.keys(jobs) as Job[]).filter((job) =>
    (jobs[job] as readonly Need[]).some((need) => [...neededFor, ...usedFor].includes(need)),
  );
