import { loginKey, type ProgramName, ports, programModel } from "../../model/topology";
import { authorityKey } from "../../templates/helm-values";
import type { Connection } from "../../templates/program-environment";
import type { KubernetesContext } from "./context";
import type { MountedFiles } from "./pod";

/**
 * URL by which programs in the Kubernetes cluster reach the servers: the Service chooses a ready one, always over TLS.
 */
export const clientUrl = ({ cluster, namespace }: KubernetesContext): string =>
  `tls://${cluster.name}.${namespace}.svc.${cluster.platform.clusterDomain}:${ports.client}`;

const folders = { authorities: "/etc/natsform/authorities", keys: "/etc/natsform/keys" };

/** The authority of the servers' internal names. */
export const authoritiesMount = ({ names }: KubernetesContext): MountedFiles => ({
  name: "authorities",
  secret: names.certificates.authorities,
  folder: folders.authorities,
  files: { [authorityKey("internal")]: "ca.crt" },
});
export const authorityFile = `${folders.authorities}/ca.crt`;

/** Some of the deployed secrets as files; the program sees no other. */
export const keysMount = ({ names }: KubernetesContext, keys: readonly string[]): MountedFiles => ({
  name: "keys",
  secret: names.certificates.servers,
  folder: folders.keys,
  files: Object.fromEntries(keys.map((key) => [key, key])),
});
export const keyFile = (key: string): string => `${folders.keys}/${key}`;

/** Connection of a program as a fixed user, whose key `keysMount` mounts. */
export const connectionOf = (context: KubernetesContext, user: string): Connection<never> => ({
  servers: [clientUrl(context)],
  authorities: { file: authorityFile },
  login: { file: keyFile(loginKey(context.topology, user)) },
});

/** Programs that work on the streams of one account. */
type AccountProgram = "streams" | "backup" | "backlog";

/** The deployed secrets that a program reads, as files. @param account of programs that work on one */
export const programKeys = <Program extends ProgramName>(
  context: KubernetesContext,
  program: Program,
  ...[account = ""]: Program extends AccountProgram ? [account: string] : []
): MountedFiles => keysMount(context, programModel(program).secrets(context, account));
