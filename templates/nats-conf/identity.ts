import type { Trust } from "../../model/config";
import {
  type AccountTopology,
  type ClusterTopology,
  type Topology,
  type UserTopology,
  usersOf,
} from "../../model/topology";
import { sharingConf } from "./sharing";
import { bytes, type ConfObject, type ConfValue } from "./tree";

/**
 * Accounts, users and the callout: all of a configuration that decides about logins.
 *
 * @param trust as the cluster sees it
 */
export function identityConf(
  topology: Topology,
  cluster: ClusterTopology,
  trust: Trust,
  resolverDir: string,
): ConfObject {
  return topology.identity.mode === "operator"
    ? operatorConf(topology, trust, resolverDir)
    : calloutConf(topology, cluster, trust);
}

function calloutConf({ identity }: Topology, cluster: ClusterTopology, trust: Trust): ConfObject {
  // Of whom the callout asks for a certificate, servers know nothing: they would let it in by themselves.
  const users = usersOf(identity, cluster.name).filter(({ certificateOf }) => certificateOf === undefined);
  return {
    system_account: identity.systemAccount,
    accounts: Object.fromEntries(
      identity.accounts.map((account): [string, ConfObject] => [
        account.name,
        {
          jetstream: jetstreamOf(account),
          users: users
            .filter((user) => user.account === account.name)
            .flatMap((user) => keysOf(user, trust).map((nkey) => userConf(nkey, user))),
          ...sharingConf(account),
        },
      ]),
    ),
    authorization: {
      timeout: identity.calloutTimeoutSeconds,
      auth_callout: {
        issuer: trust.issuer,
        account: identity.calloutAccount,
        // This list cannot be reloaded, so it names only users that must log in while the callout is down.
        auth_users: users.flatMap((user) => keysOf(user, trust)),
        xkey: trust.xkey,
      },
    },
  };
}

function jetstreamOf({ jetstream, limits }: AccountTopology): ConfValue | undefined {
  if (!jetstream) return undefined;
  const limited: ConfObject = {
    max_mem: limits.maxMemoryBytes === undefined ? undefined : bytes(limits.maxMemoryBytes),
    max_file: limits.maxFileBytes === undefined ? undefined : bytes(limits.maxFileBytes),
    max_streams: limits.maxStreams,
    max_consumers: limits.maxConsumers,
  };
  return Object.values(limited).some((value) => value !== undefined) ? limited : "enabled";
}

/** The user's key, and the one before it while a rotation is not finished. */
function keysOf({ name }: UserTopology, trust: Trust): string[] {
  const previous = trust.previous?.[`user-${name}`];
  return [publicKeyOf(name, trust), ...(previous ? [previous] : [])];
}

function userConf(nkey: string, { permissions, connections }: UserTopology): ConfObject {
  return { nkey, allowed_connection_types: connections, permissions: permissions && permissionsConf(permissions) };
}

function permissionsConf({ publish, subscribe }: NonNullable<UserTopology["permissions"]>): ConfObject {
  return { publish: publish && { ...publish }, subscribe: subscribe && { ...subscribe } };
}

/** @throws when the trust file does not know the user */
export function publicKeyOf(user: string, trust: Trust): string {
  const key = trust.users[user];
  if (!key) throw new Error(`the trust file of ${trust.environment} has no user ${user}; run natsform keys init`);
  return key;
}

function operatorConf({ identity }: Topology, trust: Trust, resolverDir: string): ConfObject {
  const need = <T>(value: T | undefined, what: string): T => {
    if (value === undefined)
      throw new Error(`the trust file of ${trust.environment} has no ${what}; run natsform keys init`);
    return value;
  };
  const accounts = identity.accounts.map(({ name }) => need(trust.accounts[name], `account ${name}`));
  return {
    operator: need(trust.operator, "operator").jwt,
    system_account: need(trust.accounts[identity.systemAccount], "system account").publicKey,
    resolver: { dir: resolverDir, type: "full", interval: "2m", timeout: "1.9s", allow_delete: true },
    resolver_preload: Object.fromEntries(
      accounts.map(({ publicKey, jwt }) => [publicKey, need(jwt, `JWT of ${publicKey}`)]),
    ),
    default_sentinel: identity.sentinel === "server" ? need(trust.sentinel, "sentinel") : undefined,
    authorization: { timeout: identity.calloutTimeoutSeconds },
  };
}
