import { z } from "zod";
import type { Problem } from "./problem";
import { label, matching } from "./scalars";

const publicKey = (prefix: string, what: string) =>
  matching(new RegExp(`^${prefix}[A-Z2-7]{55}$`), `must be the public key of ${what}, ${prefix}…`);
const certificates = matching(/^-----BEGIN CERTIFICATE-----/, "must be certificates in PEM").refine(
  (text) => !text.includes("PRIVATE KEY"),
  "must be certificates alone, without a key",
);
const jwt = matching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/, "must be a JWT");

const account = z.strictObject({
  publicKey: publicKey("A", "an account"),
  /** Operator mode: key that signs users of the account, so that the account's own key can stay offline. */
  signingKey: publicKey("A", "an account").optional(),
  /** Operator mode: the account as servers preload it. */
  jwt: jwt.optional(),
});

/** Keys that the servers of one cluster accept, and with which its programs work. */
const keySet = {
  /** Account key whose signature servers accept from the callout (configuration mode). */
  issuer: publicKey("A", "an account"),
  /** Curve key to which servers seal authorization requests. */
  xkey: publicKey("X", "a curve"),
  /** By name of the fixed user: `responder`, `sys`, `streams-APP`, … */
  users: z.record(z.string(), publicKey("U", "a user")),
  /** By their names: keys that a rotation has replaced, and that are accepted until it is finished. */
  previous: z.record(z.string(), matching(/^[AUX][A-Z2-7]{55}$/, "must be a public key, A…, U… or X…")).optional(),
};

/** What a cluster's servers know of an account, where that is not what stands at `accounts`. */
const clusterAccount = account.pick({ signingKey: true, jwt: true });

/**
 * The public halves of an environment's keys. It is versioned with the environment, as `<environment>.trust.json`,
 * and holds nothing that lets anyone in.
 */
export const Trust = z.strictObject({
  environment: z.string().min(1),
  /** Set in the files that are shipped: nobody has the seeds, so a real deployment refuses them. */
  example: z.boolean().default(false),
  /**
   * Cluster of the keys that stand here; those of the others are in `clusters`. Absent in files of before: all clusters
   * share them, and who has the seeds of one owns the others.
   */
  cluster: label.optional(),
  /** Its users are also those that belong to no cluster: services, and the logins of leaf nodes at their hubs. */
  ...keySet,
  /** Keys of the other clusters. No cluster accepts those of another. */
  clusters: z
    .record(label, z.strictObject({ ...keySet, accounts: z.record(z.string(), clusterAccount).optional() }))
    .optional(),
  /**
   * Operator mode: users that are gone, by a rotation or with their cluster or leaf. Their JWTs were signed by the accounts'
   * own keys, which stay, so servers are told to refuse them.
   */
  revoked: z.array(publicKey("U", "a user")).optional(),
  operator: z.strictObject({ publicKey: publicKey("O", "an operator"), jwt }).optional(),
  accounts: z.record(z.string(), account).default({}),
  /** The operator's keys are elsewhere: its JWTs are used as they are, and never signed again. */
  imported: z.literal(true).optional(),
  /**
   * By cluster, or foreign leaf: authorities that sign its certificate for links to other clusters, as leaf node or
   * hub.
   */
  authorities: z.record(z.string(), certificates).optional(),
  /** Id of the key that encrypts backups; it reveals nothing of the key. */
  backupKey: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  /** Operator mode: bearer JWT that leads a client to the callout and permits nothing. */
  sentinel: jwt.optional(),
});
export type Trust = z.output<typeof Trust>;

/** A trust file as it was found: valid, invalid, or neither because it does not exist. */
export interface FoundTrust {
  file: string;
  trust?: Trust;
  problems: readonly Problem[];
}
