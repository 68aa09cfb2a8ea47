import { z } from "zod";
import { type Certificate, type IssuerId, vaultMount } from "../../../model/topology";
import { renewalReason } from "../../../runtime/certificate-renewal/decide";
import { askVault } from "../preflight/vault";
import type { DeployTarget } from "../target";
import { secretData } from "./certificate-secrets";
import { clusterAccess } from "./cluster";

/** Certificates of a cluster that the renewal Job, or Terraform in its place, issues again the next time: by id, the reason. */
export async function dueCertificates(target: DeployTarget, name: string, now: Date): Promise<Record<string, string>> {
  const { cluster, names } = clusterAccess(target, name);
  const signed = cluster.certificates.filter(({ signer }) => signer === "vault");
  const authorities = new Map<IssuerId, string>();
  const due: Record<string, string> = {};
  for (const certificate of signed) {
    const { id, issuer } = certificate;
    const authority = authorities.get(issuer) ?? (await authorityOf(target, name, issuer));
    authorities.set(issuer, authority);
    const why = whyDue(await secretData(target, name, names.certificates.certificate(id)), certificate, authority, now);
    if (why !== undefined) due[id] = why;
  }
  return due;
}

/** As the Job decides. @param data of the certificate's Secret, decoded */
export const whyDue = (
  data: Readonly<Record<string, string>>,
  { names, usages }: Certificate,
  authority: string,
  now: Date,
): string | undefined =>
  renewalReason({ cert: data["tls.crt"], key: data["tls.key"] }, { names, usages }, authority, now);

const Authority = z.object({ data: z.object({ certificate: z.string().min(1) }) });

/** The authority that signs now; Vault shows it to everybody. */
async function authorityOf(target: DeployTarget, name: string, issuer: IssuerId): Promise<string> {
  const { tls } = target.environment.clusters[name] ?? {};
  const mount = vaultMount(tls ?? {}, issuer);
  const { status, body } = await askVault(target.env, "GET", `${mount}/cert/ca`);
  const { success, data } = Authority.safeParse(body);
  if (!success) throw new Error(`Vault shows no authority at ${mount}: ${status}`);
  return data.data.certificate;
}
