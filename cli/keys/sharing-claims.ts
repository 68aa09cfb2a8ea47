import { type Account, encodeActivation } from "@nats-io/jwt";
import type { KeyPair } from "nkeys.js";
import type { AccountImport, AccountTopology } from "../../model/topology";
import { covers } from "../../runtime/subjects/spec";

type Claims = Pick<Account, "exports" | "imports">;

/**
 * What an account shares with others, in operator mode. An export to some accounts alone needs a token of the exporting
 * account in each import; servers refuse the import without it.
 *
 * @param accounts key pairs by account name
 */
export async function sharingClaims(
  { name, exports, imports }: AccountTopology,
  all: readonly AccountTopology[],
  accounts: Readonly<Record<string, KeyPair>>,
): Promise<Claims> {
  const pair = (account: string): KeyPair => {
    const found = accounts[account];
    if (!found) throw new Error(`no key for account ${account}`);
    return found;
  };
  const tokenOf = ({ account, kind, subject }: AccountImport) => {
    const isPrivate = all
      .find((other) => other.name === account)
      ?.exports.some((one) => one.kind === kind && one.accounts !== undefined && covers(one.subject, subject));
    return isPrivate ? encodeActivation(subject, pair(name), pair(account), kind, { subject }) : undefined;
  };
  return {
    ...(exports.length > 0 && {
      exports: exports.map(({ kind, subject, accounts: some, response }) => ({
        ...{ name: subject, subject, type: kind },
        ...(some && { token_req: true }),
        ...(response === "stream" && { response_type: "Stream" as const }),
      })),
    }),
    ...(imports.length > 0 && {
      imports: await Promise.all(
        imports.map(async (one) => {
          const token = await tokenOf(one);
          const { kind, account, subject, to } = one;
          return {
            ...{ name: to, subject, type: kind, account: pair(account).getPublicKey() },
            ...(to !== subject && { local_subject: to }),
            ...(token && { token }),
          };
        }),
      ),
    }),
  };
}
