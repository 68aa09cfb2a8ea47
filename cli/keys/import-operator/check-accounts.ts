import type { Problem } from "../../../model/config";
import { type AccountTopology, isLandingAccount, type Topology } from "../../../model/topology";
import { controlPlane, hasEnded, type Import, knowsSigningKey, type OwnKeys } from "./parts";

/** Problems of an imported account: what it lacks for the environment. */
export function accountProblems(
  { identity }: Topology,
  { name, jetstream }: AccountTopology,
  { operator, accounts }: Import,
  own: OwnKeys,
  now: Date,
): Problem[] {
  const path = ["accounts", name];
  const account = accounts[name];
  if (!account) {
    const fix = `create it ${controlPlane} and export again, or name it: --account ${name}=THEIRS`;
    return [{ path, message: "is in neither file", fix }];
  }
  const problems: Problem[] = [];
  const { signing_keys, strict_signing_key_usage } = operator.nats;
  const signers = [...(strict_signing_key_usage ? [] : [operator.sub]), ...signing_keys];
  if (!signers.includes(account.iss)) {
    problems.push({
      path,
      got: account.iss,
      message: "is signed by a key that is not the operator's",
      fix: "export both from the same system",
    });
  }
  if (hasEnded(account, now)) problems.push({ path, got: account.exp, message: "has ended" });
  const { limits } = account.nats;
  const some = (value: unknown) => typeof value === "number" && value !== 0;
  if (!some(limits.conn))
    problems.push({
      path: [...path, "limits", "conn"],
      got: limits.conn,
      message: "allows no connections",
      fix: `set it ${controlPlane}`,
    });
  if (jetstream && !some(limits.mem_storage) && !some(limits.disk_storage) && limits.tiered_limits === undefined) {
    const fix = `give ${account.name} storage ${controlPlane}, or set accounts.${name}.jetstream.enabled to false`;
    problems.push({
      path: [...path, "limits", "disk_storage"],
      got: limits.disk_storage,
      message: "allows no JetStream storage",
      fix,
    });
  }
  // Operators log in with creds of their own; the responder signs for every other account.
  const key = own.signing[name];
  if (name !== identity.systemAccount && !knowsSigningKey(account, key)) {
    const fix = `add ${key} to the signing keys of ${account.name} ${controlPlane}, without a role, and export again`;
    problems.push({
      path: [...path, "signing_keys"],
      got: account.nats.signing_keys.length,
      message: "do not include natsform's key",
      fix,
    });
  }
  return problems;
}

/** Problems of the callout account's JWT, which names the responder and the accounts that users may be placed in. */
export function calloutProblems({ identity }: Topology, { accounts, creds }: Import, own: OwnKeys): Problem[] {
  const callout = accounts[identity.calloutAccount];
  if (!callout) return [];
  const path = ["accounts", identity.calloutAccount, "authorization"];
  const { auth_users = [], allowed_accounts = [], xkey } = callout.nats.authorization ?? {};
  const responder = creds.responder?.sub ?? own.users.responder ?? "";
  const landing = identity.accounts
    .filter(({ name }) => isLandingAccount(identity, name))
    .flatMap(({ name }) => accounts[name] ?? [])
    .filter(({ sub }) => !allowed_accounts.includes("*") && !allowed_accounts.includes(sub));
  const change = (key: string, got: unknown, message: string, fix: string): Problem => ({
    path: [...path, key],
    got,
    message,
    fix: `${fix} ${controlPlane} and export again`,
  });
  return [
    ...(auth_users.includes(responder)
      ? []
      : [
          change(
            "auth_users",
            auth_users,
            "do not include the responder",
            `set the auth callout of ${callout.name}: add user ${responder}`,
          ),
        ]),
    ...(landing.length === 0
      ? []
      : [
          change(
            "allowed_accounts",
            allowed_accounts,
            `do not include ${landing.map(({ name }) => name).join(", ")}`,
            `add ${landing.map(({ sub }) => sub).join(", ")} to those of ${callout.name}`,
          ),
        ]),
    ...(xkey === own.xkey
      ? []
      : [change("xkey", xkey, "is not natsform's", `set that of ${callout.name} to ${own.xkey}`)]),
  ];
}
