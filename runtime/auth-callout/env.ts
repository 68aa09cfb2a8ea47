import { z } from "zod";
import { logLevel, natsServers, text } from "../common/environment";
import { addressProblem } from "./https-get";
import { TOKEN_ALGORITHMS, type TokenAlgorithm } from "./jwks";

export * from "./contract";
export { AuthRules } from "./rules";

const url = text.superRefine((address, context) => {
  const problem = addressProblem(address);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});
const integer = (name: string, min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, `must be a whole number: ${name}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be from ${min} to ${max}`);

/** Variables whose value may also be given as the path of a file, in `<NAME>_FILE`. */
export const FILE_VARIABLES = [
  "NATS_AUTH_NKEY_SEED",
  "NATS_AUTH_CREDS",
  "NATS_AUTH_NKEY_ISSUER_SEED",
  "NATS_AUTH_XKEY_ISSUER_SEED",
  "AUTH_RULES",
] as const;
export type FileVariable = (typeof FILE_VARIABLES)[number];

type WithFiles = Partial<Record<FileVariable | `${FileVariable}_FILE`, string>>;

function exactlyOne(first: FileVariable, ...others: FileVariable[]) {
  const variables = [first, ...others].flatMap((name) => [name, `${name}_FILE`] as const);
  const isSetOnce = (env: WithFiles) => variables.filter((variable) => env[variable] !== undefined).length === 1;
  const error = `must be set exactly once, as one of ${variables.join(", ")}`;
  // Also when other variables are wrong: all problems are reported at once.
  return [isSetOnce, { path: [first], error, when: () => true }] as [typeof isSetOnce, object];
}

/**
 * The environment of the auth callout. Its input is what a construct has to set; `loadSettings` reads the files and
 * checks what they hold.
 */
export const AuthCalloutEnv = z
  .object({
    /** `tls://host:port`, separated by commas. */
    NATS_SERVERS: natsServers,
    /** CA certificates of the servers, where Node does not trust them: as PEM, or the path of a file with it. */
    NATS_CA: text.optional(),
    NATS_CA_FILE: text.optional(),
    /** Seed `SU…` of the responder's user: configuration mode. */
    NATS_AUTH_NKEY_SEED: text.optional(),
    NATS_AUTH_NKEY_SEED_FILE: text.optional(),
    /** Creds of the responder's user: operator mode. */
    NATS_AUTH_CREDS: text.optional(),
    NATS_AUTH_CREDS_FILE: text.optional(),
    /** The callout account: its name in configuration mode, its public key in operator mode. */
    NATS_AUTH_ACCOUNT: text,
    /** Seeds `SA…`, the current issuer first, then previous ones and the accounts' signers. */
    NATS_AUTH_NKEY_ISSUER_SEED: text.optional(),
    NATS_AUTH_NKEY_ISSUER_SEED_FILE: text.optional(),
    /** Seeds `SX…`, the current one first. */
    NATS_AUTH_XKEY_ISSUER_SEED: text.optional(),
    NATS_AUTH_XKEY_ISSUER_SEED_FILE: text.optional(),
    /**
     * Public keys of the seeds that it must hold, separated by commas; those followed by a question mark may be absent.
     * @default any seeds are accepted
     */
    NATS_AUTH_KEYS: text.optional(),
    /** The exact `iss` of tokens. */
    OIDC_ISSUER: url,
    OIDC_AUDIENCE: text,
    /** Default: `.well-known/jwks.json` below the issuer. */
    OIDC_JWKS_URI: url.optional(),
    /** Separated by commas. */
    OIDC_ALGORITHMS: text
      .default("RS256")
      .transform((list) => list.split(",").map((name) => name.trim()))
      .refine(
        (names): names is TokenAlgorithm[] => names.every(isAlgorithm),
        `must be among ${TOKEN_ALGORITHMS.join(", ")}`,
      ),
    OIDC_CLOCK_SKEW_SECONDS: integer("seconds", 0, 300).default(30),
    /** CA certificates of the issuer's key endpoint, where Node does not trust them. */
    OIDC_CA_FILE: text.optional(),
    /** `AuthRules` as JSON. */
    AUTH_RULES: text.optional(),
    AUTH_RULES_FILE: text.optional(),
    HTTP_HOST: text.default("0.0.0.0"),
    HTTP_PORT: integer("a port", 0, 65_535).default(9090),
    LOG_LEVEL: logLevel,
  })
  .refine(...exactlyOne("NATS_AUTH_NKEY_SEED", "NATS_AUTH_CREDS"))
  .refine(...exactlyOne("NATS_AUTH_NKEY_ISSUER_SEED"))
  .refine(...exactlyOne("NATS_AUTH_XKEY_ISSUER_SEED"))
  .refine(...exactlyOne("AUTH_RULES"));
export type AuthCalloutEnv = z.output<typeof AuthCalloutEnv>;

function isAlgorithm(name: string): name is TokenAlgorithm {
  return TOKEN_ALGORITHMS.some((algorithm) => algorithm === name);
}
