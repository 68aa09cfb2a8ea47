import type { ResourceRecordSet } from "@aws-sdk/client-route-53";

/** A name as Route 53 answers it: lower case, with the final dot, and octal where a character is none of a host's. */
export function route53Name(name: string): string {
  const escaped = name
    .toLowerCase()
    .replace(/\.$/, "")
    .replace(/[^a-z0-9._-]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);
  return `${escaped}.`;
}

/** The record sets of exactly this name and type. Several carry a routing policy: they share both. */
export function setsOf(sets: readonly ResourceRecordSet[], name: string, type: string): ResourceRecordSet[] {
  const desired = route53Name(name);
  return sets.filter((set) => set.Type === type && route53Name(unescaped(set.Name ?? "")) === desired);
}

/** Text of each value of a TXT record set; a value may be written in several quoted pieces. */
export function textsOf({ ResourceRecords = [] }: ResourceRecordSet): string[] {
  return ResourceRecords.map(({ Value = "" }) =>
    [...Value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, piece = ""]) => unescaped(piece)).join(""),
  );
}

/** Undoes `\ooo` (octal) and `\x`. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})|\\(.)/g, (_, octal?: string, character?: string) =>
    octal ? String.fromCharCode(Number.parseInt(octal, 8)) : (character ?? ""),
  );
}
