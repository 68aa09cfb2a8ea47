import { z } from "zod";
import { exchange, type KubernetesApi } from "./kubernetes";

const pod = z.object({ name: z.string(), uid: z.string() });
/** Claims of the token that Kubernetes gives to a pod. */
const Claims = z.object({
  aud: z.union([z.string().transform((one) => [one]), z.array(z.string())]),
  "kubernetes.io": z.object({ serviceaccount: z.object({ name: z.string() }), pod: pod.optional() }),
});
const Granted = z.object({ status: z.object({ token: z.string().min(1) }) });

/** The least that Kubernetes grants. */
const expirationSeconds = 600;

/**
 * A token of the pod's own ServiceAccount for Vault, which ends with the pod.
 *
 * Vault asks the API with this same token whether it is genuine, so it has to be one for the API as well; a token that a
 * volume projects is for one audience alone.
 *
 * @throws when Kubernetes refuses; the message holds no token
 */
export async function vaultToken({ address, namespace, ca, token }: KubernetesApi, audience: string): Promise<string> {
  const own = token();
  const { aud, "kubernetes.io": owner } = claimsOf(own);
  const { name } = owner.serviceaccount;
  const spec = {
    audiences: [...new Set([audience, ...aud])],
    expirationSeconds,
    ...(owner.pod && { boundObjectRef: { apiVersion: "v1", kind: "Pod", ...owner.pod } }),
  };
  const { status, text } = await exchange(
    `${address}/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec }),
    {
      method: "POST",
      ca,
      headers: { authorization: `Bearer ${own}`, accept: "application/json", "content-type": "application/json" },
    },
  );
  if (status !== 201) throw new Error(`Kubernetes refuses a token of ${name} for ${audience}: ${status}`);
  return Granted.parse(JSON.parse(text)).status.token;
}

function claimsOf(token: string) {
  const payload = token.split(".")[1] ?? "";
  const { success, data } = Claims.safeParse(jsonOf(Buffer.from(payload, "base64url").toString("utf8")));
  if (!success) throw new Error("the pod's own token is not one that Kubernetes gives to pods");
  return data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
