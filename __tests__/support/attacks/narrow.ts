import type { Admitted, Expectation } from "./attack";
import { LIFETIME_SECONDS, NOW } from "./world";

/** The encoding of identities as docs/auth-callout.md states it, written anew: what is tested must not prove itself. */
export const encoded = (text: string): string =>
  [...Buffer.from(text, "utf8")]
    .map((byte) =>
      /^[A-Za-z0-9-]$/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `_${byte.toString(16).padStart(2, "0")}`,
    )
    .join("");

/** Text and whole numbers stand for themselves; anything else has no encoding. */
function encodable(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? encoded(String(value)) : undefined;
  const isFit = typeof value === "string" && value !== "" && Buffer.byteLength(value) <= 255;
  return isFit ? encoded(value) : undefined;
}

/** What the world's rules give to an ordinary user with these claims, and not a subject more. */
export function narrow({
  sub = "alice",
  teams,
  exp = NOW + 600,
}: {
  sub?: string;
  teams?: unknown;
  exp?: number;
}): Expectation {
  const list: unknown[] = Array.isArray(teams) ? teams : [teams];
  const texts = [...new Set(list.map(encodable).filter((text) => text !== undefined))];
  // The exception must be complete: with one team that has no encoding the rule allows nothing.
  const may = list.length > 0 && list.every((team) => encodable(team) !== undefined);
  const as: Admitted = {
    account: "APP",
    name: `user:${encoded(sub)}`,
    publish: may
      ? { allow: texts.map((team) => `teams.${team}.say`), deny: texts.map((team) => `teams.${team}.admin`) }
      : { allow: [], deny: [">"] },
    subscribe: {
      allow: [`user.${encoded(sub)}.>`, ...texts.map((team) => `teams.${team}`), `_INBOX.${encoded(sub)}.>`],
      deny: [],
    },
    expiresAt: Math.min(exp, NOW + LIFETIME_SECONDS),
  };
  return { verdict: "admitted", as };
}
