import type { SitePaths } from "./model";

/** Files of a server in a container of ours, and on machines of ours. */
export const containerPaths: SitePaths = {
  pidFile: "/run/nats/nats.pid",
  storeDir: "/data",
  resolverDir: "/data/resolver",
  certificate: (id) => ({ cert: `/etc/nats/certs/${id}/tls.crt`, key: `/etc/nats/certs/${id}/tls.key` }),
  ca: (issuer) => `/etc/nats/ca/${issuer}.crt`,
  credentials: (user) => `/etc/nats/credentials/${user}.creds`,
  seedInclude: (user) => `credentials/${user}.conf`,
};
