import type { Command } from "commander";
import { readIfThere } from "../../artifacts/files";
import { loadTrustIfThere } from "../../model/config/load";
import { openEnvironment } from "../core/environment";
import { withLock } from "../core/lock";
import { print } from "../core/output";
import { shownPath, UserError } from "../core/project";
import { importOperator } from "../keys/import/import";
import { keyLocation, storeOption } from "../keys/location";
import { writeTrust } from "../keys/trust-file";

interface Options {
  operatorJwt: string;
  systemAccount: string;
  resolverPreload: string;
  creds: Record<string, string>;
  account: Record<string, string>;
  store?: string;
}

export function registerImport(keys: Command): void {
  keys
    .command("import")
    .argument("<environment>")
    .description("import an operator of Synadia Control Plane or nsc: its JWTs unchanged, its creds into the key store")
    .requiredOption("--operator-jwt <file>", "JWT of the operator")
    .requiredOption("--system-account <file>", "JWT of the system account")
    .requiredOption("--resolver-preload <file>", "configuration with resolver_preload: JWTs of the other accounts")
    .option("--creds <user=file>", "creds of a user of the environment, for example sys; may be repeated", pair, {})
    .option(
      "--account <ours=theirs>",
      "name of an account in the operator's files, where it differs; may be repeated",
      pair,
      {},
    )
    .addOption(storeOption())
    .action(importKeys);
}

function pair(text: string, before: Record<string, string>): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) throw new UserError(`expected NAME=VALUE, got ${text}`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

async function importKeys(name: string, options: Options): Promise<void> {
  const { root, topology } = await openEnvironment(name);
  const { store, trust: path, lock } = keyLocation(root, name, options);
  const files = {
    operator: contentOf(options.operatorJwt),
    systemAccount: contentOf(options.systemAccount),
    preload: contentOf(options.resolverPreload),
    creds: Object.fromEntries(Object.entries(options.creds).map(([user, file]) => [user, contentOf(file)])),
    accounts: options.account,
  };
  await withLock(lock, async () => {
    const before = loadTrustIfThere(path, root);
    if (before && !before.example && !before.imported) {
      throw new UserError(
        `${shownPath(root, path)} belongs to an operator that natsform created; its servers would refuse every client after an import`,
        "to replace it, remove the trust file and name an empty store with --store",
      );
    }
    const previous = before?.example ? undefined : before;
    const { trust, others } = await importOperator({ topology, store, files, previous, now: new Date() });
    const changed = writeTrust(path, trust);
    print(`operator ${trust.operator?.publicKey} with accounts ${Object.keys(trust.accounts).join(", ")}`);
    if (others.length > 0) print(`ignored, because the environment does not name them: ${others.join(", ")}`);
    print(`${shownPath(root, path)} ${changed ? "written" : "is up to date"}; keys are in ${store.description}`);
  });
}

function contentOf(file: string): string {
  const text = readIfThere(file);
  if (text === undefined) throw new UserError(`there is no file ${file}`);
  return text;
}
