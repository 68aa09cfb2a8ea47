import type { Problem } from "../../../model/config";
import { asSigned, type Topology } from "../../../model/topology";
import { controlPlane, hasEnded, type Import, knowsSigningKey, type OwnKeys } from "./parts";

/** Problems of creds, and of users without a usable login. */
export function userProblems(
  { identity }: Topology,
  { operator, accounts, creds }: Import,
  own: OwnKeys,
  now: Date,
): Problem[] {
  const signed = identity.users.map((user) => asSigned(identity, user));
  return signed.flatMap(({ name, account: accountName }): Problem[] => {
    const path = ["creds", name];
    const account = accounts[accountName];
    const user = creds[name];
    if (!account) return [];
    if (!user) {
      if (knowsSigningKey(account, own.signing[accountName])) return [];
      // Reported at the account already.
      if (accountName !== identity.systemAccount) return [];
      const fix = `--creds ${name}=FILE, or add ${own.signing[accountName]} to the signing keys of ${account.name} ${controlPlane}`;
      return [{ path, message: "is missing, and natsform cannot sign it", fix }];
    }
    const keys = [account.sub, ...account.nats.signing_keys.map((key) => (typeof key === "string" ? key : key.key))];
    const problems: Problem[] = [];
    if (!keys.includes(user.iss) || (user.iss !== account.sub && user.nats.issuer_account !== account.sub)) {
      problems.push({
        path,
        got: user.nats.issuer_account ?? user.iss,
        message: `is not a user of account ${account.name}, ${account.sub}`,
      });
    }
    if (operator.nats.strict_signing_key_usage && user.iss === account.sub) {
      problems.push({
        path,
        got: user.iss,
        message: "is signed by the account's own key, which servers of this operator refuse",
        fix: `have it signed by a signing key of ${account.name}`,
      });
    }
    if (user.seedKey !== user.sub) problems.push({ path, got: user.sub, message: "holds the seed of another user" });
    if (hasEnded(user, now)) problems.push({ path, got: user.exp, message: "has ended" });
    return problems;
  });
}
