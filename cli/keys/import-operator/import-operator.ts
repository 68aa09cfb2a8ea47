import { ConfigError, type Trust } from "../../../model/config";
import { asSigned, type Topology } from "../../../model/topology";
import { UserError } from "../../core/project";
import type { ImportedOperator } from "../imported-trust";
import type { KeyStore } from "../key-store";
import { makeKeys } from "../make";
import { readCreds } from "../read-jwts";
import { ensurePair } from "../seeds";
import { importProblems } from "./check";
import { unsaidServices } from "./check-sharing";
import { collect, type ImportFiles } from "./collect";
import { knowsSigningKey, type OwnKeys } from "./parts";

export interface ImportProps {
  topology: Topology;
  store: KeyStore;
  files: ImportFiles;
  /** Trust file of an earlier import. */
  previous?: Trust;
  now: Date;
}

export interface Imported {
  trust: Trust;
  /** Accounts of the operator that the environment does not name. */
  others: string[];
  /** Services that the operator exports and the environment does not: `orders.> of APP`. */
  unsaid: string[];
}

/**
 * Imports an operator whose keys are held elsewhere: its JWTs unchanged, and creds that it signed. natsform's own keys
 * are created where they are missing, since the operator has to list their public halves; everything else is written
 * only when there is no problem.
 *
 * @throws ConfigError with every problem, each with what to change
 */
export async function importOperator({ topology, store, files, previous, now }: ImportProps): Promise<Imported> {
  const { identity, environment } = topology;
  if (identity.mode !== "operator")
    throw new UserError(`${environment} is not in operator mode`, 'set identity.mode to "operator"');
  if ((await store.read("operator")) !== undefined) {
    throw new UserError(
      `${store.description} holds the keys of an operator of its own; servers know one operator`,
      "name another store with --store, or an empty folder",
    );
  }
  const own = await ownKeys(topology, store);
  const creds = { ...(await earlierCreds(topology, store, previous)), ...files.creds };
  const { given, problems, others } = collect(topology, { ...files, creds });
  const all = [...problems, ...(given ? importProblems(topology, given, own, now) : [])];
  if (!given || all.length > 0) throw new ConfigError("the operator's files", all);

  for (const [user, text] of Object.entries(creds)) {
    const read = readCreds(text);
    if ("problem" in read) continue;
    await store.write(`user-${user}`, read.value.seed);
    await store.write(`creds-${user}`, text.trim());
  }
  const operator: ImportedOperator = {
    operator: { publicKey: given.operator.sub, jwt: given.operator.jwt },
    accounts: Object.fromEntries(
      Object.entries(given.accounts).flatMap(([name, account]) => {
        if (!account) return [];
        const signingKey = knowsSigningKey(account, own.signing[name]) ? own.signing[name] : undefined;
        return [[name, { publicKey: account.sub, signingKey, jwt: account.jwt }]];
      }),
    ),
  };
  return {
    trust: (await makeKeys(topology, store, previous, operator)).trust,
    others,
    unsaid: unsaidServices(topology, given),
  };
}

async function ownKeys({ identity }: Topology, store: KeyStore): Promise<OwnKeys> {
  const signing: Record<string, string> = {};
  for (const { name } of identity.accounts)
    signing[name] = (await ensurePair(store, `signing-${name}`, "account")).getPublicKey();
  const users: Record<string, string> = {};
  for (const { name } of identity.users) users[name] = (await ensurePair(store, `user-${name}`, "user")).getPublicKey();
  return { xkey: (await ensurePair(store, "xkey", "curve")).getPublicKey(), signing, users };
}

/** Creds of an earlier import: those that natsform's keys did not sign. */
async function earlierCreds(
  { identity }: Topology,
  store: KeyStore,
  previous?: Trust,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const signed = identity.users.map((user) => asSigned(identity, user));
  for (const { name, account } of previous ? signed : []) {
    const text = await store.read(`creds-${name}`);
    const read = text === undefined ? undefined : readCreds(text);
    const own = previous?.accounts[account]?.signingKey;
    if (text !== undefined && read && "value" in read && read.value.iss !== own) found[name] = text;
  }
  return found;
}
