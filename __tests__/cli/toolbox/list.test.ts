import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../bin/built";
import { neededVersion } from "../../../cli/core/toolbox/find";
import { type Job, jobNames, jobs } from "../../../cli/core/toolbox/jobs";
import {
  jobsOf,
  type MadeTool,
  natsServerTool,
  type Tool,
  toolNamed,
  tools,
  toolsNamed,
  toolsOf,
} from "../../../cli/core/toolbox/list";
import { howToGet, whatIsMissing } from "../../../cli/core/toolbox/missing";
import { defaultRelease } from "../../../model/config/server-releases";
import packageJson from "../../../package.json";

const read = (path: string) => readFileSync(join(packageRoot, path), "utf8");
const made = tools.filter((tool): tool is MadeTool => tool.kind === "made");
const pinned = made.filter(({ way }) => way.by !== "go-version");
const names = (all: readonly { tool: Tool }[]) => all.map(({ tool }) => tool.name);

/** Modules of a go.mod with their versions. */
const modulesOf = (folder: string) =>
  [...read(`${folder}/go.mod`).matchAll(/^(?:require)?\s+(\S+\/\S+) v(\d\S+)/gm)].map(
    ([, path = "", version = ""]) => ({
      path,
      version,
    }),
  );

/** The version that the tool's own file pins. */
function pinOf({ name, way }: MadeTool): string | undefined {
  switch (way.by) {
    case "go": {
      if (name === "natsconf") {
        const digest = createHash("sha256").update(read("tools/natsconf/main.go")).digest("hex");
        return `${defaultRelease}-${digest.slice(0, 8)}`;
      }
      return modulesOf(way.folder).find(({ path }) => `${way.package}/`.startsWith(`${path}/`))?.version;
    }
    case "python":
      return new RegExp(`^${name}==(\\S+)`, "m").exec(read(way.requirements))?.[1];
    case "go-files":
      return [...new Set([...read(way.list).matchAll(/@v(\S+)/g)].map(([, version]) => version))].join("-");
    default:
      return undefined;
  }
}

test.each(pinned.map((tool) => [tool.name, tool] as const))("%s has the version that its file pins", (_, tool) => {
  expect(pinOf(tool)).toBe(tool.version);
});

test("tools that others build on have the versions of their files", () => {
  const folders = ["tools", "tools/deploy", "tools/kubernetes", "tools/nats-cli", "tools/age"];
  const wanted = folders.map((folder) => /^go (\d+\.\d+)/m.exec(read(`${folder}/go.mod`))?.[1] ?? "").sort();
  expect(wanted.at(-1)).toBe(toolNamed("go").minimum);
  expect(packageJson.engines.node).toBe(`>=${toolNamed("node").minimum}`);
});

test("names and places are no one's twice", () => {
  const all = tools.map(({ name }) => name);
  expect(new Set(all).size).toBe(all.length);
  const places = made.map(({ place }) => place);
  expect(new Set(places).size).toBe(places.length);
  for (const { version, place } of made) expect(place).toContain(version);
});

test("whoever has the package has what tools are made of", () => {
  for (const { way } of made) {
    const files = {
      go: () => (way.by === "go" ? [`${way.folder}/go.mod`, `${way.folder}/go.sum`] : []),
      python: () => (way.by === "python" ? [way.requirements, ...(way.sources ? [way.sources] : [])] : []),
      "go-files": () => (way.by === "go-files" ? [way.list] : []),
      "go-version": () => [],
    }[way.by]();
    for (const file of files) {
      expect(existsSync(join(packageRoot, file))).toBe(true);
      expect(packageJson.files).toContain(file.split("/")[0]);
    }
  }
});

describe("jobs", () => {
  const needed: Record<Job, string[]> = {
    twin: ["node", "nats-server"],
    test: ["node", "nats-server", "go"],
    deploy: ["node", "moto", "pebble", "crane", "terraform", "provider aws"],
    kubernetes: ["node", "crane", "terraform", "provider kubernetes", "provider helm", "kubectl"],
  };
  test.each(jobNames)("%s needs its tools and no others", (job) => {
    expect(names(toolsOf(jobs[job]).filter((one) => one.needed))).toEqual(needed[job]);
  });

  test("the emulated AWS does without crane, and accounts do without moto", () => {
    const made = (need: "emulation" | "aws") =>
      names(toolsOf([need]).filter(({ tool, needed }) => needed && tool.kind === "made"));
    expect(made("emulation")).toEqual(["moto", "pebble"]);
    expect(made("aws")).toEqual(["crane"]);
  });

  test("what only tests use is no part of any other job", () => {
    for (const name of [
      "natsconf",
      "checkov",
      "kube-score",
      "actionlint",
      "kubernetes-schemas",
      "helm",
      "chromium",
      "vault",
    ] as const)
      expect([name, jobsOf(toolNamed(name))]).toEqual([name, ["test"]]);
    expect(toolsNamed("old-servers").flatMap(jobsOf)).toEqual([]);
  });
});

describe("names", () => {
  test("a release of nats-server is named by its version; the pinned one is the pinned one", () => {
    expect(toolsNamed("nats-server@2.12.3")).toEqual([natsServerTool("2.12.3")]);
    expect(toolsNamed(`nats-server@${defaultRelease}`)).toEqual(toolsNamed("nats-server"));
    expect(toolsNamed("nats-server@latest")).toEqual([]);
    expect(toolsNamed("pebble@1.0.0")).toEqual([]);
  });

  test("a group names its tools", () => {
    expect(toolsNamed("old-servers").map(({ name }) => name)).toContain("nats-server@2.10.26");
  });
});

describe("words", () => {
  const words: [Tool, string, string][] = [
    [toolNamed("pebble"), "pebble 2.10.1 is not installed", "natsform tools install pebble"],
    [natsServerTool("2.12.3"), "nats-server 2.12.3 is not installed", "natsform tools install nats-server@2.12.3"],
    [toolNamed("terraform"), "terraform is not on PATH", "terraform 1.11 or later: developer.hashicorp.com/"],
    [toolNamed("helm"), "helm is not on PATH", "helm.sh/"],
    [toolNamed("provider aws"), "Terraform's provider aws 5.", "reach registry.terraform.io, or name a mirror"],
  ];
  test.each(words.map(([tool, ...rest]) => [tool.name, tool, ...rest] as const))(
    "%s: what is missing, and how to get it",
    (_, tool, missing, get) => {
      expect(whatIsMissing(tool)).toMatch(missing);
      expect(howToGet(tool)).toMatch(get);
    },
  );

  test("what is too old is named with what is needed", () => {
    const tool = toolNamed("terraform");
    expect(whatIsMissing(tool, { found: "1.9.8", ok: false })).toBe("terraform 1.9.8 is too old, >= 1.11 is needed");
    expect(neededVersion(toolNamed("helm"))).toBe("any");
  });
});
