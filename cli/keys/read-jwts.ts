import { z } from "zod";
import { readNatsJwt } from "../../runtime/nkeys/nats-jwt";
import type { NkeyKind } from "../../runtime/nkeys/nkey";

const jwtText = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g;

const Claims = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  name: z.string().default(""),
  iat: z.number().default(0),
  exp: z.number().optional(),
});

const Operator = z.looseObject({
  type: z.literal("operator"),
  system_account: z.string().optional(),
  signing_keys: z.array(z.string()).default([]),
  strict_signing_key_usage: z.boolean().default(false),
});

/**
 * A signing key is its text alone, or bound to a role whose users have the role's permissions and none of their own.
 */
const SigningKeys = z.array(z.union([z.string(), z.looseObject({ key: z.string() })])).default([]);

const Shared = z.looseObject({ type: z.enum(["service", "stream"]), subject: z.string() });
const Import = Shared.extend({
  account: z.string(),
  /** Subject there of a service, and here of a stream: what was before `local_subject`. */
  to: z.string().optional(),
  /** Subject here; `subject` is the one there. */
  local_subject: z.string().optional(),
});

const Account = z.looseObject({
  type: z.literal("account"),
  exports: z.array(Shared).default([]),
  imports: z.array(Import).default([]),
  signing_keys: SigningKeys,
  limits: z.record(z.string(), z.unknown()).default({}),
  authorization: z
    .looseObject({
      auth_users: z.array(z.string()).default([]),
      allowed_accounts: z.array(z.string()).default([]),
      xkey: z.string().optional(),
    })
    .optional(),
});

const User = z.looseObject({ type: z.literal("user"), issuer_account: z.string().optional() });

/** A JWT whose signature was verified. */
export interface Verified<Nats> {
  jwt: string;
  iss: string;
  sub: string;
  name: string;
  /** Seconds since the epoch. */
  iat: number;
  exp?: number;
  nats: Nats;
}
export type OperatorJwt = Verified<z.output<typeof Operator>>;
export type AccountJwt = Verified<z.output<typeof Account>>;
export type UserJwt = Verified<z.output<typeof User>>;

/** The value that was read, or its problem. */
export type Read<T> = { value: T } | { problem: string };

/** The one JWT of a file: bare, or between the lines that `nsc` puts around it. */
function onlyJwt(text: string): Read<string> {
  const found = [...new Set(text.match(jwtText) ?? [])];
  if (found.length !== 1)
    return { problem: `holds ${found.length || "no"} JWT${found.length > 1 ? "s" : ""}; expected one` };
  return { value: found[0] as string };
}

function verified<T>(jwt: string, issuers: readonly NkeyKind[], schema: z.ZodType<T>, what: string): Read<Verified<T>> {
  for (const kind of issuers) {
    const read = readNatsJwt(jwt, kind);
    if ("problem" in read) {
      if (read.problem === "bad_signature") return { problem: "has a signature that is not its issuer's" };
      continue;
    }
    const claims = Claims.safeParse(read.payload).data;
    const nats = schema.safeParse((read.payload as { nats?: unknown }).nats).data;
    if (!claims || !nats) break;
    const { iss, sub, name, iat, exp } = claims;
    return { value: { jwt, iss, sub, name, iat, exp, nats } };
  }
  return { problem: `is not the JWT of ${what}, in version 2` };
}

export const readAccount = (jwt: string): Read<AccountJwt> => verified(jwt, ["O"], Account, "an account");

export function readOperatorFile(text: string): Read<OperatorJwt> {
  const one = onlyJwt(text);
  return "problem" in one ? one : verified(one.value, ["O"], Operator, "an operator");
}

export function readAccountFile(text: string): Read<AccountJwt> {
  const one = onlyJwt(text);
  return "problem" in one ? one : readAccount(one.value);
}

/** JWTs of a `resolver_preload`, by the public key before each, with any separators and quotes. */
export function readPreload(text: string): Map<string, string> {
  const block = /resolver_preload["']?\s*[:=]?\s*\{(?<inside>[^}]*)\}/.exec(text)?.groups?.inside ?? "";
  const entries = block.matchAll(/(A[A-Z2-7]{55})["']?\s*[:=]?\s*["']?(eyJ[\w-]+\.[\w-]+\.[\w-]+)/g);
  return new Map([...entries].map(([, key = "", jwt = ""]) => [key, jwt]));
}

/** A user with its seed, as `.creds` files hold both. */
export function readCreds(text: string): Read<UserJwt & { seed: string }> {
  const seed = /S[A-Z2-7]{57}/.exec(text.replace(jwtText, ""))?.[0];
  const one = onlyJwt(text);
  if ("problem" in one) return one;
  const user = verified(one.value, ["A"], User, "a user");
  if ("problem" in user) return user;
  return seed ? { value: { ...user.value, seed } } : { problem: "holds no seed: it is not a creds file" };
}
