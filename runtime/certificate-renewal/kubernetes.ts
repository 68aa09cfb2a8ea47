import { type RequestOptions, request } from "node:https";
import { z } from "zod";

/** Requests of the job to the Kubernetes API: Secrets of one namespace that exist already. */
export interface Secrets {
  read(name: string): Promise<Record<string, string>>;
  /** Replaces the keys that are given, all at once, and leaves the others alone. */
  write(name: string, values: Record<string, string>): Promise<void>;
}

const Secret = z.object({ data: z.record(z.string(), z.string()).optional() });

export interface KubernetesApi {
  address: string;
  namespace: string;
  /** Certificates of the API's authority. */
  ca?: string;
  /** The pod's own, read again for each call: Kubernetes rotates it. */
  token: () => string;
}

export function kubernetesSecrets({ address, namespace, ca, token }: KubernetesApi): Secrets {
  const call = async (name: string, method: "GET" | "PATCH", body = ""): Promise<unknown> => {
    const { status, text } = await exchange(`${address}/api/v1/namespaces/${namespace}/secrets/${name}`, body, {
      method,
      ca,
      headers: {
        authorization: `Bearer ${token()}`,
        accept: "application/json",
        ...(body && { "content-type": "application/merge-patch+json" }),
      },
    });
    if (status !== 200) throw new Error(`Kubernetes refuses to ${method} Secret ${name}: ${status}`);
    return JSON.parse(text);
  };
  return {
    async read(name) {
      const { data = {} } = Secret.parse(await call(name, "GET"));
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
      );
    },
    async write(name, values) {
      const data = Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
      );
      await call(name, "PATCH", JSON.stringify({ data }));
    },
  };
}

/** Sends one request. Not with `fetch`, which cannot be given an authority for one address alone. */
export function exchange(
  url: string,
  body: string,
  options: RequestOptions,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, timeout: 30_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text })).on("error", reject);
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer from the Kubernetes API within 30 s")));
    sent.on("error", reject).end(body);
  });
}
