import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { commonName } from "./common-name";

export interface SubjectNames {
  dns: readonly string[];
  addresses?: readonly string[];
}

/**
 * Subject and alternative names. Where there is no subject the alternative names have to be critical (RFC 5280,
 * 4.2.1.6); authorities refuse a request in which they are not, or sign what verifiers refuse.
 */
export function subjectOf({ dns, addresses = [] }: SubjectNames): {
  name: x509.JsonName;
  alternatives: x509.SubjectAlternativeNameExtension;
} {
  const common = commonName(dns);
  const alternatives = [
    ...dns.map((value) => ({ type: "dns" as const, value })),
    ...addresses.map((value) => ({ type: "ip" as const, value })),
  ];
  return {
    name: common === undefined ? [] : [{ CN: [common] }],
    alternatives: new x509.SubjectAlternativeNameExtension(alternatives, common === undefined),
  };
}
