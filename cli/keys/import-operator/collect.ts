import type { Problem } from "../../../model/config";
import type { Topology } from "../../../model/topology";
import {
  type AccountJwt,
  type Read,
  readAccount,
  readAccountFile,
  readCreds,
  readOperatorFile,
  readPreload,
} from "../read-jwts";
import { pairOf } from "../seeds";
import type { Import } from "./parts";

/** Contents of the files that an operator exports. */
export interface ImportFiles {
  operator: string;
  systemAccount: string;
  preload: string;
  /** By user of the topology. */
  creds: Readonly<Record<string, string>>;
  /** Names that accounts have there, by name of the topology, where they differ. */
  accounts: Readonly<Record<string, string>>;
}

/** Reads every file and maps accounts to those of the topology. `problems` are files and entries that do not fit. */
export function collect(
  { identity }: Topology,
  files: ImportFiles,
): { given?: Import; problems: Problem[]; others: string[] } {
  const problems: Problem[] = [];
  const take = <T>(path: string[], read: Read<T>): T | undefined => {
    if ("value" in read) return read.value;
    problems.push({ path, message: read.problem });
    return undefined;
  };
  const operator = take(["operator-jwt"], readOperatorFile(files.operator));
  const systemAccount = take(["system-account"], readAccountFile(files.systemAccount));
  const preload = readPreload(files.preload);
  if (preload.size === 0)
    problems.push({
      path: ["resolver-preload"],
      message: "holds no account: resolver_preload is missing or empty",
    });
  const found: AccountJwt[] = systemAccount ? [systemAccount] : [];
  for (const [key, jwt] of preload) {
    const account = take(["resolver-preload", key], readAccount(jwt));
    if (account && account.sub !== key)
      problems.push({
        path: ["resolver-preload", key],
        got: account.sub,
        message: "is not the public key of the JWT's account",
      });
    if (account && account.sub !== systemAccount?.sub) found.push(account);
  }
  const creds: Record<string, Import["creds"][string]> = {};
  for (const [user, text] of Object.entries(files.creds)) {
    const known = identity.users.map(({ name }) => name);
    if (!known.includes(user)) {
      problems.push({
        path: ["creds", user],
        got: user,
        message: "is not a user of the environment",
        fix: `known: ${known.join(", ")}`,
      });
      continue;
    }
    const read = take(["creds", user], readCreds(text));
    if (read) creds[user] = { ...read, seedKey: publicKeyOf(read.seed) };
  }
  const names = identity.accounts.map(({ name }) => name);
  for (const [name, theirs] of Object.entries(files.accounts).filter(([name]) => !names.includes(name))) {
    const fix = `known: ${names.join(", ")}`;
    problems.push({ path: ["accounts", name], got: theirs, message: "is not an account of the environment", fix });
  }
  const accounts: Record<string, AccountJwt | undefined> = {};
  for (const { name } of identity.accounts) {
    const theirs = files.accounts[name] ?? name;
    // The system account is the one that the operator names.
    const named =
      name === identity.systemAccount
        ? []
        : found.filter((account) => account !== systemAccount && account.name === theirs);
    if (named.length > 1)
      problems.push({ path: ["accounts", name], got: theirs, message: `is the name of ${named.length} accounts` });
    accounts[name] = name === identity.systemAccount ? systemAccount : named[0];
  }
  const used = Object.values(accounts).flatMap((account) => account?.sub ?? []);
  const others = found.filter(({ sub }) => !used.includes(sub)).map(({ name }) => name);
  return {
    problems,
    others,
    ...(operator && systemAccount && { given: { operator, systemAccount, accounts, creds } }),
  };
}

/** Empty for a text that is no seed. */
function publicKeyOf(seed: string): string {
  try {
    return pairOf(seed).getPublicKey();
  } catch {
    return "";
  }
}
