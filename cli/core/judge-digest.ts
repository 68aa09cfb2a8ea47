import { UnreadableConf } from "../../templates/nats-conf";
import type { CheckResult } from "./rows";

/** Digest that a server computes of what was rendered for it, or why it cannot be known here. */
export type Rendered = { digest: string } | { unknown: string };

/** @param digest throws `UnreadableConf` for what only the server knows */
export function renderedBy(digest: () => string): Rendered {
  try {
    return { digest: digest() };
  } catch (error) {
    if (error instanceof UnreadableConf) return { unknown: error.message };
    throw error;
  }
}

/**
 * Check that a server runs what was rendered.
 *
 * @param log of the server: it reports a refused reload nowhere else
 */
export function judgeDigest(running: string | undefined, rendered: Rendered | undefined, log: string): CheckResult {
  if (rendered && "unknown" in rendered) return { ok: true, warns: true, seen: `not compared: ${rendered.unknown}` };
  if (rendered && running === rendered.digest) return { ok: true, seen: short(running) };
  const refused = refusedReload(log);
  const differs = `runs ${short(running)}, rendered ${short(rendered?.digest)}`;
  return { ok: false, seen: refused ? `${differs}; it refused the reload: ${refused}` : differs };
}

const short = (digest = "none") => digest.slice(0, 19);

/** Why a server refused its last reload, by its log; `undefined` when the last one was not refused. */
export function refusedReload(log: string): string | undefined {
  const last = log
    .split("\n")
    .filter((line) => /Reloaded server configuration|Failed to reload server configuration/.test(line))
    .at(-1);
  return last && /Failed to reload server configuration: (.*)/.exec(last)?.[1]?.trim();
}
