import { CertificateAgentEnv } from "./env";

/** Everything that is wrong with an environment, one line for each problem. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
  constructor(problems: readonly string[]) {
    super(
      `the environment of the certificate agent is wrong:\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
    );
  }
}

/** @throws EnvironmentError with all problems at once */
export function loadSettings(environment: NodeJS.ProcessEnv): CertificateAgentEnv {
  const { data, error } = CertificateAgentEnv.safeParse(withoutEmpty(environment));
  if (!data) throw new EnvironmentError(problemsOf(error.issues));
  const ids = new Set(data.CERTIFICATES.map(({ id }) => id));
  const unknown = data.LISTENERS.flatMap(({ certificates }) => certificates).filter((id) => !ids.has(id));
  if (unknown.length > 0)
    throw new EnvironmentError([`LISTENERS names certificates that are not in CERTIFICATES: ${unknown.join(", ")}`]);
  return data;
}

/** Where the agent answers; all that the health check needs of the environment. */
export function loadAddress(environment: NodeJS.ProcessEnv): { host: string; port: number } {
  const address = CertificateAgentEnv.pick({ HTTP_HOST: true, HTTP_PORT: true });
  const { data, error } = address.safeParse(withoutEmpty(environment));
  if (!data) throw new EnvironmentError(problemsOf(error.issues));
  return { host: data.HTTP_HOST, port: data.HTTP_PORT };
}

/** Platforms write an optional variable that is not wanted as empty text. */
const withoutEmpty = (environment: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));

const problemsOf = (issues: readonly { path: readonly PropertyKey[]; message: string }[]) =>
  issues.map(({ path, message }) => `${path.map(String).join(".")}: ${message}`);
