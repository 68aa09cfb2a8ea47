import { givenVariables } from "../common/environment";
import { wrongEnvironment } from "../common/environment-error";
import { CertificateAgentEnv } from "./env";

/** @throws EnvironmentError with all problems at once */
export function loadSettings(environment: NodeJS.ProcessEnv): CertificateAgentEnv {
  const { data, error } = CertificateAgentEnv.safeParse(givenVariables(environment));
  if (!data) throw wrongEnvironment(program, problemsOf(error.issues));
  const ids = new Set(data.CERTIFICATES.map(({ id }) => id));
  const unknown = data.LISTENERS.flatMap(({ certificates }) => certificates).filter((id) => !ids.has(id));
  if (unknown.length > 0)
    throw wrongEnvironment(program, [
      `LISTENERS names certificates that are not in CERTIFICATES: ${unknown.join(", ")}`,
    ]);
  return data;
}

/** Address of the agent; the health check needs nothing else of the environment. */
export function loadAddress(environment: NodeJS.ProcessEnv): { host: string; port: number } {
  const address = CertificateAgentEnv.pick({ HTTP_HOST: true, HTTP_PORT: true });
  const { data, error } = address.safeParse(givenVariables(environment));
  if (!data) throw wrongEnvironment(program, problemsOf(error.issues));
  return { host: data.HTTP_HOST, port: data.HTTP_PORT };
}

const program = "the certificate agent";

const problemsOf = (issues: readonly { path: readonly PropertyKey[]; message: string }[]) =>
  issues.map(({ path, message }) => `${path.map(String).join(".")}: ${message}`);
