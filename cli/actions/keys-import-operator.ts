import { loadTrustIfThere } from "../../model/config/load";
import { openEnvironment } from "../core/environment";
import { withLock } from "../core/lock";
import { namedText } from "../core/named-file";
import { print } from "../core/output";
import { shownPath, UserError } from "../core/project";
import { importOperator } from "../keys/import-operator/import-operator";
import { keyLocation } from "../keys/location";
import { writeTrust } from "../keys/trust-file";

interface Options {
  operatorJwt: string;
  systemAccount: string;
  resolverPreload: string;
  creds: Record<string, string>;
  account: Record<string, string>;
  store?: string;
}

export async function importKeys(name: string, options: Options): Promise<void> {
  const { root, topology } = await openEnvironment(name);
  const { store, trust: path, lock } = keyLocation(root, name, options);
  const files = {
    operator: namedText(options.operatorJwt),
    systemAccount: namedText(options.systemAccount),
    preload: namedText(options.resolverPreload),
    creds: Object.fromEntries(Object.entries(options.creds).map(([user, file]) => [user, namedText(file)])),
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
    const { trust, others, unsaid } = await importOperator({ topology, store, files, previous, now: new Date() });
    const changed = writeTrust(path, trust);
    print(`operator ${trust.operator?.publicKey} with accounts ${Object.keys(trust.accounts).join(", ")}`);
    if (others.length > 0) print(`ignored, because the environment does not name them: ${others.join(", ")}`);
    if (unsaid.length > 0)
      print(`exported, and not in the environment, so that its services may not answer there: ${unsaid.join(", ")}`);
    print(`${shownPath(root, path)} ${changed ? "written" : "is up to date"}; keys are in ${store.description}`);
  });
}
