import { RESPONDER_PERMISSIONS } from "../../runtime/auth-callout/contract";
import { BACKUP_PERMISSIONS } from "../../runtime/backup/contract";
import { RENEWAL_PERMISSIONS, RENEWAL_USER } from "../../runtime/certificate-renewal/contract";
import { OBSERVER_PERMISSIONS, OBSERVER_USER } from "../../runtime/observer/contract";
import { STREAMS_INBOX, STREAMS_PERMISSIONS } from "../../runtime/streams/contract";
import { type Environment, effectiveLists } from "../config";
import { exportOf, importOf } from "./accounts";
import { backlogServices } from "./backlog";
import { httpGatewayServices } from "./http-gateway";
import { askingLinks, leafUsers } from "./links";
import type { AccountTopology, Identity, Right, UserTopology } from "./model";
import { platformModel } from "./platform-models";
import { rightsOf } from "./rights";
import { signerOf } from "./signer";

/** Inboxes of the streams users. */
export const streamsInbox = STREAMS_INBOX;

/** Accounts, the users that servers know without asking the callout, and who may do what. */
export function buildIdentity(env: Environment): Identity {
  const { identity } = env;
  const accounts: AccountTopology[] = [
    ...["SYS", "AUTH"].map((name) => ({ name, jetstream: false, limits: {}, exports: [], imports: [] })),
    ...Object.entries(env.accounts).map(([name, { jetstream, exports, imports }]) => ({
      name,
      jetstream: jetstream.enabled,
      limits: {
        maxMemoryBytes: jetstream.maxMemory,
        maxFileBytes: jetstream.maxFile,
        maxStreams: jetstream.maxStreams,
        maxConsumers: jetstream.maxConsumers,
      },
      exports: exports.map(exportOf),
      imports: imports.map(importOf),
    })),
  ];
  const withJetStream = accounts.filter((account) => account.jetstream).map(({ name }) => name);
  const renewed = Object.values(env.clusters).some(hasRenewalJob);
  const backedUp = Object.values(env.clusters).some((cluster) => cluster.backup);
  const clients: Omit<UserTopology, "connections">[] = [
    { name: "sys", account: "SYS", purpose: "operators and monitoring; works with the callout down" },
    {
      name: OBSERVER_USER,
      account: "SYS",
      purpose: "says what servers run and hold, and can change nothing",
      permissions: copy(OBSERVER_PERMISSIONS),
    },
    {
      name: "responder",
      account: "AUTH",
      purpose: "answers authorization requests",
      permissions: copy(RESPONDER_PERMISSIONS),
    },
    ...(renewed
      ? [
          {
            name: RENEWAL_USER,
            account: "SYS",
            purpose: "reloads servers whose certificates were renewed",
            permissions: copy(RENEWAL_PERMISSIONS),
          },
        ]
      : []),
    ...withJetStream.map((account) => ({
      name: `streams-${account}`,
      account,
      purpose: "applies streams and consumers",
      permissions: copy(STREAMS_PERMISSIONS),
    })),
    ...(backedUp ? withJetStream : []).map((account) => ({
      name: `backup-${account}`,
      account,
      purpose: "takes and restores snapshots",
      permissions: copy(BACKUP_PERMISSIONS),
    })),
  ];
  const users: UserTopology[] = [
    ...clients.map((user): UserTopology => ({ ...user, connections: ["STANDARD"] })),
    ...leafUsers(env),
  ];
  return {
    mode: identity.mode,
    systemAccount: "SYS",
    calloutAccount: "AUTH",
    calloutTimeoutSeconds: identity.timeoutSeconds,
    responders: identity.responders,
    accounts,
    users,
    oidc: identity.oidc,
    permissions: identity.permissions,
    services: {
      ...Object.fromEntries(
        Object.entries(identity.services).map(([name, service]) => [name, serviceOf(name, service, env)]),
      ),
      ...httpGatewayServices(env),
      ...backlogServices(env),
    },
    links: askingLinks(env),
    maxLifetimeMs: identity.maxLifetime,
    ...(identity.mode === "operator" ? { operatorName: identity.operatorName, sentinel: identity.sentinel } : {}),
  };
}

/** A service with the subjects of what it does and uses in its lists. */
function serviceOf(
  name: string,
  service: Environment["identity"]["services"][string],
  env: Environment,
): Identity["services"][string] {
  const { publish, subscribe, allowResponses } = effectiveLists(service);
  const rights = rightsOf(name, service, env);
  const added = (direction: Right["direction"], { allow, deny }: typeof publish) => {
    const subjects = rights.filter((right) => right.direction === direction).map(({ subject }) => subject);
    return { allow: [...new Set([...allow, ...subjects])], deny };
  };
  return {
    account: service.account,
    publish: added("publish", publish),
    subscribe: added("subscribe", subscribe),
    allowResponses,
  };
}

/** True when a job in the cluster's Kubernetes renews its certificates and has its servers reload them. */
export const hasRenewalJob = ({ platform, tls }: Environment["clusters"][string]): boolean =>
  platformModel(platform).renewsFromVault && signerOf({ platform, tls }) === "vault" && tls.vault.renewal === "job";

/**
 * The user as an operator's servers know it: where the callout asks for a certificate it is one of the callout's account without
 * any right, since servers would let users of other accounts in by themselves.
 */
export const asSigned = ({ calloutAccount }: Pick<Identity, "calloutAccount">, user: UserTopology): UserTopology =>
  user.certificateOf === undefined
    ? user
    : { ...user, account: calloutAccount, permissions: { publish: { deny: [">"] }, subscribe: { deny: [">"] } } };

/** True when the callout may place users in the account: not in the servers' own or the responders'. */
export const isLandingAccount = (
  { systemAccount, calloutAccount }: Pick<Identity, "systemAccount" | "calloutAccount">,
  name: string,
): boolean => name !== systemAccount && name !== calloutAccount;

interface Contract {
  readonly publish: { readonly allow: readonly string[]; readonly deny?: readonly string[] };
  readonly subscribe: { readonly allow: readonly string[] };
}

/** A copy, since the topology is plain data that nothing else refers to. */
const copy = ({ publish, subscribe }: Contract): NonNullable<UserTopology["permissions"]> => ({
  publish: { allow: [...publish.allow], ...(publish.deny && { deny: [...publish.deny] }) },
  subscribe: { allow: [...subscribe.allow] },
});
