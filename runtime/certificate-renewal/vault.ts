import { z } from "zod";
import { commonName } from "../x509/common-name";
import type { RenewedCertificate } from "./env";

/** Requests of the job to Vault. */
export interface Vault {
  /** Certificate of the authority of a mount; `undefined` when there is no such mount. */
  authority(mount: string): Promise<string | undefined>;
  issue(certificate: RenewedCertificate): Promise<{ cert: string; key: string }>;
}

const Login = z.object({ auth: z.object({ client_token: z.string().min(1) }) });
const Issued = z.object({
  data: z.object({ certificate: z.string(), issuing_ca: z.string(), private_key: z.string() }),
});
const Refused = z.object({ errors: z.array(z.string()) });

/**
 * Logs in with a token of the pod's ServiceAccount.
 *
 * @throws when Vault refuses; the message holds its answer and no secret
 */
export async function openVault(address: string, login: { path: string; role: string; jwt: string }): Promise<Vault> {
  const call = async (path: string, body?: unknown, token?: string): Promise<Response> =>
    fetch(new URL(`v1/${path}`, address.endsWith("/") ? address : `${address}/`), {
      method: body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/json", ...(token && { "x-vault-token": token }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
  const answer = await accepted("login", call(`auth/${login.path}/login`, { role: login.role, jwt: login.jwt }));
  const token = Login.parse(answer).auth.client_token;
  return {
    async authority(mount) {
      const response = await call(`${mount}/ca/pem`);
      const pem = (await response.text()).trim();
      return response.ok && pem.startsWith("-----BEGIN CERTIFICATE-----") ? `${pem}\n` : undefined;
    },
    async issue({ mount, role, names, ttlSeconds }) {
      const first = commonName(names);
      const request = {
        ...(first ? { common_name: first } : {}),
        alt_names: names.join(","),
        ttl: `${ttlSeconds}s`,
        private_key_format: "pkcs8",
      };
      const issued = await accepted(`role ${role}`, call(`${mount}/issue/${role}`, request, token));
      const { certificate, issuing_ca, private_key } = Issued.parse(issued).data;
      return { cert: `${certificate.trim()}\n${issuing_ca.trim()}\n`, key: `${private_key.trim()}\n` };
    },
  };
}

async function accepted(what: string, pending: Promise<Response>): Promise<unknown> {
  const response = await pending;
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body;
  const reason = Refused.safeParse(body).data?.errors.join("; ") || "no reason";
  throw new Error(`Vault refuses ${what}: ${response.status}, ${reason}`);
}
