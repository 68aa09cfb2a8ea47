import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Trust } from "../../../model/config";
import type { ClusterTopology } from "../../../model/topology";
import { explainPermissions, type Grant, servicePermissions } from "../../../runtime/auth-callout/permissions";
import { type Authentication, type NatsClient, serviceInboxPrefix } from "../../../runtime/client";
import { toAuthRules } from "../../../templates/callout-rules";
import { checkRow, type VerifyRow } from "../../core/rows";
import { sentinelOf, twinClient } from "../connect";
import { clientUrls, type Twin } from "../context";
import { mintToken } from "../token";

/** Whose token it is. */
export const verifySub = "auth0|natsform-verify";

interface Lists {
  allow?: string[];
  deny?: string[];
}

/** What a server says of a connection's user. NATS's own right to answer has its time in nanoseconds. */
export interface ReportedUser {
  user: string;
  account: string;
  permissions?: { publish?: Lists; subscribe?: Lists; responses?: { max?: number; ttl?: number } };
}

/**
 * User, account and permissions of this connection, as the server reports them. Only answers of the client's own
 * cluster count: a request on a leaf node also reaches the hub, which answers about the link.
 */
export async function whoAmI(client: NatsClient, { servers }: ClusterTopology): Promise<ReportedUser> {
  const connection = await client.connection();
  const answers = await connection.requestMany("$SYS.REQ.USER.INFO", undefined, { maxWait: 5000 });
  for await (const answer of answers) {
    if (answer instanceof Error) throw answer;
    const { server, data } = answer.json<{ server?: { name?: string }; data?: ReportedUser }>();
    if (data && servers.some(({ name }) => name === server?.name)) return data;
  }
  throw new Error("no server of the cluster reports this user");
}

const sorted = (lists: Lists | undefined) =>
  JSON.stringify({ allow: [...(lists?.allow ?? [])].sort(), deny: [...(lists?.deny ?? [])].sort() });

/** True when a server reports exactly what the rules grant. */
export function isGranted(
  { account, permissions }: ReportedUser,
  grant: Grant,
  accountId: string | undefined,
): boolean {
  const { max, ttl = 0 } = permissions?.responses ?? {};
  return (
    account === accountId &&
    sorted(permissions?.publish) === sorted(grant.publish) &&
    sorted(permissions?.subscribe) === sorted(grant.subscribe) &&
    max === grant.responses?.max &&
    (max === undefined || ttl === (grant.responses?.expiresMs ?? 0) * 1e6)
  );
}

export function verifyAdmission(twin: Twin, cluster: ClusterTopology, trust: Trust): Promise<VerifyRow> {
  return checkRow("callout", `${cluster.name}: a valid token gets its permissions and no others`, async () => {
    const rules = toAuthRules(twin.topology, trust, cluster);
    const explained = explainPermissions(rules, { sub: verifySub });
    if (!("grant" in explained))
      return { ok: false, seen: `the rules deny every token without claims: ${explained.denied}` };
    const { grant } = explained;
    const token = await mintToken(twin, { sub: verifySub });
    const started = Date.now();
    const got = await reported(twin, cluster, { kind: "token", token, sentinel: sentinelOf(twin, trust) });
    const ms = Date.now() - started;
    const ok = isGranted(got, grant, rules.accounts[grant.account]?.id);
    const counts = `${grant.publish.allow.length} publish, ${grant.subscribe.allow.length} subscribe`;
    return { ok, seen: ok ? `${grant.account}, ${counts}, in ${ms} ms` : `got ${JSON.stringify(got.permissions)}` };
  });
}

/** Logs in as each service with its key, and checks what the server then lets it do. */
export function verifyServices(twin: Twin, cluster: ClusterTopology, trust: Trust): Promise<VerifyRow> {
  return checkRow("callout", `${cluster.name}: services get their permissions and no others`, async () => {
    const rules = toAuthRules(twin.topology, trust, cluster);
    const wrong: string[] = [];
    for (const [nkey, service] of Object.entries(rules.services)) {
      const seed = readFileSync(join(twin.folder.keys, `user-service-${service.name}.key`), "utf8").trim();
      const login: Authentication = { kind: "nkey", seed, sentinel: sentinelOf(twin, trust) };
      const got = await reported(twin, cluster, login, serviceInboxPrefix(nkey));
      if (!isGranted(got, servicePermissions(rules, nkey, service), rules.accounts[service.account]?.id))
        wrong.push(`${service.name} got ${JSON.stringify(got.permissions)} in ${got.account}`);
    }
    const names = Object.values(rules.services).map(({ name }) => name);
    return { ok: wrong.length === 0, seen: wrong.join("; ") || names.join(", ") };
  });
}

async function reported(
  twin: Twin,
  cluster: ClusterTopology,
  authentication: Authentication,
  inboxPrefix?: string,
): Promise<ReportedUser> {
  // One server: a client that is refused tries all of them, and they ask the same callout.
  const servers = clientUrls(twin, cluster).slice(0, 1);
  const client = twinClient(twin, cluster, { authentication, inboxPrefix, servers });
  try {
    return await whoAmI(client, cluster);
  } finally {
    await client.close();
  }
}
