import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { measureReload, withheld } from "../__tests__/support/reload-changes";
import { findNatsServer } from "../cli/core/tools";
import { reloadableKeys } from "../model/change";
import { defaultRelease, testedReleases } from "../model/config/server-releases";
import { checkout, copyCheckout, read, run, write } from "./server-version/checkout";
import { optionsOf, printOptions, readOptions } from "./server-version/options";
import { pins, withPin } from "./server-version/pins";
import { printReleases, type Releases, withRelease } from "./server-version/releases";
import { difference, disagreements, type Measured, matrixOf, printMatrix, reloadableOf } from "./server-version/reload";

/**
 * `make server-version V=2.15.2`: measures a release of nats-server, runs the truth tests on it in a copy of the
 * checkout, and only then writes what changed: the releases, the places that name the default one, the keys that reload,
 * the server's options.
 */

/** Truth tests in which no nats-server runs. */
const withoutServer = [
  ...["certificate-manager-dns", "checkov", "deploy-emulated", "dns-sync", "dns-sync-faults", "dns-sync-permissions"],
  ...["emulator-ecs", "emulator-lambda", "images", "kube-score", "kubernetes-checkov", "kubernetes-schema"],
  ...["kubernetes-validate", "package", "terraform-validate", "vault-roles"],
];
/** Unit tests that hold what is written to what it was made of. */
const consistency = ["__tests__/docs.test.ts", "__tests__/model/config/version-floors.test.ts", "__tests__/tools"];

const releasesFile = "model/config/server-releases.ts";
const matrixFile = "model/change/reload-matrix.ts";
const optionsFile = "tools/server-options.txt";
/** Made of the code. */
const generated = [
  "docs/reference/configuration.md",
  "docs/reference/reload.md",
  "docs/reference/rules.md",
  "docs/reference/commands.md",
];
const written = [
  ...[releasesFile, matrixFile, optionsFile, "tools/go.mod", "tools/go.sum"],
  ...pins.map(({ file }) => file),
  ...generated,
];

const say = (text: string) => process.stdout.write(`${text}\n`);
const list = (title: string, lines: readonly string[]) => {
  say(`${title}: ${lines.length === 0 ? "nothing differs" : ""}`);
  for (const line of lines) say(`  ${line}`);
};

async function measured(releases: readonly string[]): Promise<Measured> {
  const found: Record<string, Record<string, string>> = {};
  for (const release of releases) {
    if (!findNatsServer(release))
      throw new Error(`nats-server ${release} is not built: natsform tools install nats-server@${release}`);
    found[release] = await measureReload(release);
  }
  return found;
}

/** Options by the source that the release was built of. */
function optionsIn(version: string): string[] {
  const module = `github.com/nats-io/nats-server/v2@v${version}`;
  const { Dir } = JSON.parse(execFileSync("go", ["mod", "download", "-json", module], { encoding: "utf8" }));
  return optionsOf(read(Dir, "server/opts.go"));
}

/** Makes a checkout one of these releases. */
function settle(
  root: string,
  releases: Releases,
  lists: { matrix: Record<string, string>; options: Record<string, string[]> },
) {
  write(root, releasesFile, printReleases(releases));
  write(root, matrixFile, printMatrix(lists.matrix));
  write(root, optionsFile, printOptions(releases.default, lists.options[releases.default] ?? []));
  for (const pin of pins) write(root, pin.file, withPin(read(root, pin.file), pin, releases.default));
  run(root, "go", "get", "-C", "tools", `github.com/nats-io/nats-server/v2@v${releases.default}`);
  run(root, "go", "mod", "-C", "tools", "tidy");
  run(root, "npx", "--no-install", "tsx", "docs/generate.ts");
}

async function main(version: string, only?: string): Promise<void> {
  const current: Releases = { tested: testedReleases, default: defaultRelease };
  const next = withRelease(current, version);
  const found = await measured(next.tested);
  const lists = {
    matrix: matrixOf(found, withheld),
    options: Object.fromEntries([...new Set([next.default, version])].map((one) => [one, optionsIn(one)])),
  };
  list(`keys that reload, of ${next.tested.join(" and ")}`, difference(reloadableKeys, reloadableOf(lists.matrix)));
  list("keys about which they differ", disagreements(found));
  list(`options of ${version}`, difference(readOptions(read(checkout, optionsFile)), lists.options[version] ?? []));
  list("releases", difference(current.tested, next.tested));
  list("default", difference([current.default], [next.default]));

  const copy = copyCheckout();
  const untouched = Object.fromEntries([...written].map((file) => [file, read(checkout, file)]));
  try {
    // Everything runs the release, also where another one stays the default.
    settle(copy.root, { ...next, default: version }, lists);
    run(copy.root, "make", "--no-print-directory", "natsconf");
    const tests = readdirSync(join(checkout, "__tests__/truth"))
      .filter((file) => file.endsWith(".test.ts") && !withoutServer.includes(file.replace(".test.ts", "")))
      .filter((file) => only === undefined || new RegExp(only).test(file))
      .map((file) => `__tests__/truth/${file}`);
    const more = process.env.JEST_ARGS?.split(" ").filter(Boolean) ?? [];
    try {
      run(copy.root, "npx", "--no-install", "jest", ...more, ...tests, ...consistency);
    } catch {
      throw new Error(`the tests do not pass on nats-server ${version}`);
    }
    if (only !== undefined) throw new Error(`${only} is a part of the tests alone`);
    if (next.default !== version) {
      for (const [file, text] of Object.entries(untouched)) write(copy.root, file, text);
      settle(copy.root, next, lists);
    }
    const touched = written.filter((file) => read(checkout, file) !== untouched[file]);
    if (touched.length > 0) throw new Error(`${touched.join(", ")} changed while the tests ran`);
    const changed = written.filter((file) => write(checkout, file, read(copy.root, file)));
    list("written", changed);
  } finally {
    copy.remove();
  }
}

const [version = "", only = ""] = process.argv.slice(2);
main(version, only || undefined).catch((error: Error) => {
  process.stderr.write(`server-version: ${error.message.split("\n")[0]}; nothing was written\n`);
  process.exitCode = 1;
});
