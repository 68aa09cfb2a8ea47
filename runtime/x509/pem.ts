import { X509Certificate } from "node:crypto";

/** The certificates of a PEM text, in its order. Text between them is dropped. */
export const splitPem = (text: string): string[] =>
  (text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []).map((pem) => `${pem}\n`);

/** Certificates of several texts, each once, in the order in which they are first seen. */
export function unionPem(texts: readonly string[]): string {
  const seen = new Map(texts.flatMap(splitPem).map((pem) => [pem.replace(/\s/g, ""), pem]));
  return [...seen.values()].join("");
}

/** @throws when a certificate of the text cannot be read */
export const readPem = (text: string): X509Certificate[] => splitPem(text).map((pem) => new X509Certificate(pem));
