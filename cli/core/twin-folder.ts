import { join } from "node:path";
import { workFolder } from "../../artifacts/work-folder";
import type { CertificateId, IssuerId } from "../../model/topology";
import type { ProgramFolder } from "./processes";

/** Paths of all that natsform keeps for one environment on this machine. */
export interface TwinFolder {
  /** `.natsform/ENV`: also holds the deployment's own keys, which the twin never touches. */
  environment: string;
  /** `.natsform/ENV/twin`: thrown away as a whole. */
  root: string;
  connect: string;
  trust: string;
  keys: string;
  ports: string;
  lock: string;
  caBundle: string;
  /** The topology that the last `up` brought about. */
  applied: string;
  /** The trust file that it was brought about with: public halves alone. */
  appliedTrust: string;
  /** A roll that is not finished: when it began, and of what kind it is. */
  roll: string;
  /** Leaf nodes have an authority for each cluster, as deployments have. */
  authority(issuer: IssuerId, cluster?: string): AuthorityFiles;
  /** File with the authorities of an issuer that servers of the cluster trust. */
  trusted(issuer: IssuerId, cluster: string): string;
  certificate(cluster: string, id: CertificateId): { cert: string; key: string };
  server(name: string): ServerFolder;
  program(name: string): ProgramFolder;
  /** File with the login of a user, for programs that read it. */
  credentials(user: string): string;
}

/** Files of an authority; see `cli/twin/authorities.ts`. */
export interface AuthorityFiles {
  cert: string;
  key: string;
  next: { cert: string; key: string };
}

export interface ServerFolder extends ProgramFolder {
  conf: string;
  pidFile: string;
  store: string;
  resolver: string;
}

export function twinFolder(projectRoot: string, environment: string): TwinFolder {
  const { root: folder, twin: root, connect } = workFolder(projectRoot).environment(environment);
  const pair = (path: string) => ({ cert: `${path}.crt`, key: `${path}.key` });
  const authority = (issuer: IssuerId, cluster?: string) =>
    join(root, "pki", "ca", issuer === "leafnodes" ? `${issuer}-${cluster}` : issuer);
  const program = (name: string): ProgramFolder => {
    const own = join(root, "programs", name);
    return { root: own, log: join(own, "log"), process: join(own, "process.json"), lastArguments: [own] };
  };
  return {
    environment: folder,
    root,
    connect,
    trust: join(root, "trust.json"),
    keys: join(root, "keys"),
    ports: join(root, "ports.json"),
    lock: join(root, "lock"),
    caBundle: join(root, "pki", "ca.crt"),
    applied: join(root, "topology.json"),
    appliedTrust: join(root, "applied-trust.json"),
    roll: join(root, "roll.json"),
    authority: (issuer, cluster) => ({
      ...pair(authority(issuer, cluster)),
      next: pair(`${authority(issuer, cluster)}.next`),
    }),
    trusted: (issuer, cluster) =>
      issuer === "leafnodes"
        ? join(root, "pki", cluster, "leafnode-authorities.crt")
        : `${authority(issuer, cluster)}.crt`,
    certificate: (cluster, id) => pair(join(root, "pki", cluster, id)),
    program,
    credentials: (user) => join(root, "credentials", user),
    server: (name) => {
      const own = join(root, "servers", name);
      const conf = join(own, "nats.conf");
      return {
        root: own,
        log: join(own, "log"),
        process: join(own, "process.json"),
        conf,
        lastArguments: ["-c", conf],
        pidFile: join(own, "nats.pid"),
        store: join(own, "data"),
        resolver: join(own, "data", "resolver"),
      };
    },
  };
}
