import { readFileSync } from "node:fs";
import { type Authentication, NatsClient } from "../client";
import { errorMessage } from "../common/error-message";
import { programLog } from "../common/program-log";
import { RENEWAL_INBOX } from "./contract";
import type { CertificateRenewalEnv } from "./env";
import { kubernetesSecrets } from "./kubernetes";
import { reloadServers, reloadUntilAccepted } from "./reload";
import { renew } from "./renew";
import { loadSettings } from "./settings";
import { openVault } from "./vault";
import { vaultToken } from "./vault-token";

const read = (file: string) => readFileSync(file, "utf8").trim();

async function main(): Promise<void> {
  const env = loadSettings(process.env);
  const log = programLog({ name: "certificate-renewal", level: env.LOG_LEVEL });
  const api = {
    address: env.KUBERNETES_API,
    namespace: env.NAMESPACE,
    ca: read(env.KUBERNETES_CA_FILE),
    token: () => read(env.TOKEN_FILE),
  };
  const vault = await openVault(env.VAULT_ADDR, {
    path: env.VAULT_AUTH_PATH,
    role: env.VAULT_ROLE,
    jwt: await vaultToken(api, env.VAULT_AUDIENCE),
  });
  // Also when nothing changed: a run that was cut off between writing and reloading is finished by the next one.
  const client = env.NATS_SERVERS
    ? new NatsClient({
        servers: env.NATS_SERVERS,
        authentication: authentication(env),
        caFile: env.NATS_CA_FILE,
        name: "certificate-renewal",
        inboxPrefix: RENEWAL_INBOX,
      })
    : undefined;
  const reload = client && {
    connection: () => client.connection(),
    served: env.SERVED,
    timeoutMs: env.RELOAD_TIMEOUT_SECONDS * 1000,
    log,
  };
  try {
    const { changed, current, refused } = await renew({
      certificates: env.CERTIFICATES,
      authoritiesSecret: env.AUTHORITIES_SECRET,
      peers: env.PEER_AUTHORITIES,
      rootMount: env.VAULT_ROOT_MOUNT,
      vault,
      secrets: kubernetesSecrets(api),
      refusing: reload && (({ id }, pair) => reloadUntilAccepted(reload, id, pair)),
      now: new Date(),
      log,
    });
    if (!reload) return log.info({ changed }, "done; there are no servers to reload");
    await reloadServers({ ...reload, current });
    if (refused.length > 0) throw new Error(refused.join("; "));
  } finally {
    await client?.close();
  }
}

function authentication({ NATS_CREDS_FILE, NATS_NKEY_SEED_FILE }: CertificateRenewalEnv): Authentication {
  if (NATS_CREDS_FILE) return { kind: "creds", creds: read(NATS_CREDS_FILE) };
  if (NATS_NKEY_SEED_FILE) return { kind: "nkey", seed: read(NATS_NKEY_SEED_FILE) };
  throw new Error("NATS_SERVERS needs NATS_CREDS_FILE or NATS_NKEY_SEED_FILE");
}

main().catch((error: unknown) => {
  console.error(errorMessage(error));
  process.exit(1);
});
