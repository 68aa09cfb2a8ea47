import type { Trust } from "../../model/config";
import type { Identity } from "../../model/topology";
import type { Jsz } from "../../runtime/client/monitoring";
import { counted } from "./counted";
import type { CheckResult } from "./rows";

/** Accounts of which a server holds data, each with its streams. */
export type HeldStreams = ReadonlyMap<string, readonly string[]>;

/** What a server says of its accounts: in operator mode their public keys, otherwise their names. */
export const heldStreams = ({ account_details }: Jsz): HeldStreams =>
  new Map(
    (account_details ?? []).map(({ name, id, stream_detail }) => [
      id ?? name,
      (stream_detail ?? []).map((stream) => stream.name),
    ]),
  );

/** True for an account that the trust file knows; in the other mode, the environment. */
export const isKnownAccount = (
  { mode, accounts }: Pick<Identity, "mode" | "accounts">,
  trust: Pick<Trust, "accounts">,
  account: string,
): boolean =>
  mode === "operator"
    ? Object.values(trust.accounts).some(({ publicKey }) => publicKey === account)
    : accounts.some(({ name }) => name === account);

/**
 * Check that every account of which servers hold streams is known. Data of another one can be reached by nobody: its key was
 * lost and made anew, or it left the environment.
 *
 * @param held by server
 */
export function judgeAccounts(
  identity: Pick<Identity, "mode" | "accounts">,
  trust: Pick<Trust, "accounts">,
  held: ReadonlyMap<string, HeldStreams>,
): CheckResult {
  const all = [...held].flatMap(([server, accounts]) =>
    [...accounts].flatMap(([account, streams]) => streams.map((stream) => ({ server, account, stream }))),
  );
  const unknown = all.filter(({ account }) => !isKnownAccount(identity, trust, account));
  const accounts = (of: typeof all) => [...new Set(of.map(({ account }) => account))];
  if (unknown.length === 0) return { ok: true, seen: `${counted(accounts(all).length, "account")} with streams` };
  const where = identity.mode === "operator" ? "the trust file" : "the environment";
  const seen = accounts(unknown).map((account) => {
    const of = unknown.filter((one) => one.account === account);
    const names = (key: "stream" | "server") => [...new Set(of.map((one) => one[key]))].sort().join(", ");
    return `${account} is not in ${where} and holds ${names("stream")} on ${names("server")}`;
  });
  return { ok: false, seen: seen.join("; ") };
}
