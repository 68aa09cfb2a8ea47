import { encodeIdentity, IdentityError } from "../client/identity";
import { type Claims, findClaim } from "./claims";
import { parseTemplate, type TemplateToken } from "./subject-template";

/** Most subjects that one list of permissions may have: they are loaded into the server on every login. */
export const MAX_SUBJECTS = 256;

/** The subjects that a template stands for. */
export interface Expansion {
  /** Undefined when there would be more than {@link MAX_SUBJECTS}. */
  subjects?: string[];
  /** Claims that are missing, empty, or hold a value that has no encoding: those subjects are left out. */
  missing: string[];
}

/** Replaces every placeholder by the encoded claim; a list claim gives one subject for each element. */
export function expand(template: string, claims: Claims): Expansion {
  const missing: string[] = [];
  let subjects: string[] | undefined = [""];
  for (const token of parseTemplate(template)) {
    const texts = tokenTexts(token, claims, missing);
    if (subjects.length * texts.length > MAX_SUBJECTS) return { missing };
    subjects = subjects.flatMap((begin) => texts.map((text) => (begin === "" ? text : `${begin}.${text}`)));
  }
  return { subjects, missing };
}

function tokenTexts(token: TemplateToken, claims: Claims, missing: string[]): string[] {
  if ("text" in token) return [token.text];
  const value = findClaim(claims, token.claim);
  const values: unknown[] = Array.isArray(value) ? value : [value];
  const texts = values.map(encodeValue).filter((text) => text !== undefined);
  if (texts.length === 0 || texts.length < values.length) missing.push(token.claim);
  return [...new Set(texts)];
}

function encodeValue(value: unknown): string | undefined {
  // Other numbers may have been rounded when they were read: two of them would give the same text.
  if (typeof value !== "string" && !Number.isSafeInteger(value)) return undefined;
  try {
    return encodeIdentity(String(value));
  } catch (error) {
    if (error instanceof IdentityError) return undefined;
    throw error;
  }
}
