import type { Trust } from "../../../model/config";
import { backupKeySecret } from "../../../model/topology";
import { parseKeys } from "../../../runtime/backup/keys";
import { publicHalf } from "../public-half";
import { trustedHalves } from "../trusted-keys";
import type { KeyExport, StoredKeys } from "./contents";

/** What an import does, by the names of the keys. */
export interface ImportPlan {
  /** What is written: the store lacks it, holds what is no key, or another one whose name was given. */
  write: Map<string, string>;
  /** The store holds them already. */
  unchanged: string[];
  /** Others than the trust file's, as from before a rotation; the store holds the right ones, which stay. */
  outdated: string[];
  /** Keys that the trust file does not list. */
  unlisted: string[];
  /** Why nothing may be written. */
  problems: string[];
}

/** What is done with one key. */
type Verdict = "unchanged" | "outdated" | "unlisted" | { write: string } | { problem: string };

interface Compared {
  name: string;
  /** As it is exported. */
  text: string;
  /** As the store has it. */
  there: string | undefined;
  /** Public half in the trust file. */
  trusted: string | undefined;
  mayReplace: boolean;
}

/**
 * Compares the keys of an export with the trust file and with what the store holds. Only keys of the trust file are taken,
 * and another key is never overwritten unless it is named. Pure.
 *
 * @param replace keys of the store that may be overwritten
 */
export function planImport(
  exported: KeyExport,
  trust: Trust,
  stored: StoredKeys,
  replace: readonly string[],
): ImportPlan {
  const plan: ImportPlan = { write: new Map(), unchanged: [], outdated: [], unlisted: [], problems: [] };
  const trusted = trustedHalves(trust);
  if (exported.environment !== trust.environment)
    plan.problems.push(`it holds the keys of ${exported.environment}, not of ${trust.environment}`);
  if (trust.example) plan.problems.push("the trust file is an example, whose keys nobody holds");
  for (const name of replace)
    if (!Object.hasOwn(exported.keys, name)) plan.problems.push(`${name} is not in it, and cannot be replaced`);
  for (const [name, text] of Object.entries(exported.keys)) {
    const mayReplace = replace.includes(name);
    const verdict = judge({ name, text, there: stored.keys.get(name), trusted: trusted(name), mayReplace });
    if (typeof verdict === "string") plan[verdict].push(name);
    else if ("write" in verdict) plan.write.set(name, verdict.write);
    else plan.problems.push(`${name}: ${verdict.problem}`);
  }
  return plan;
}

function judge(compared: Compared): Verdict {
  const { name, text, there, trusted, mayReplace } = compared;
  const half = publicHalf(text);
  if (half === "unreadable") return { problem: "it is no key" };
  if (there === text) return "unchanged";
  if (name === backupKeySecret) return judgeBackupKeys(compared);
  if (trusted === undefined) return "unlisted";
  const other = there === undefined ? undefined : publicHalf(there);
  // Creds of the right user too: their JWT may be a newer one.
  if (other === trusted) return "outdated";
  if (half !== trusted) return { problem: `it is ${half}, and the trust file lists ${trusted}` };
  if (other === undefined || mayReplace) return { write: text };
  return { problem: `the store holds another key, ${other}; --replace ${name} gives that up` };
}

/** Backup keys of both are kept: each may open backups that no other does. The first one is the trust file's. */
function judgeBackupKeys({ text, there = "", trusted }: Compared): Verdict {
  const words = [...new Set(`${there}\n${text}`.split(/\s+/).filter(Boolean))];
  const first = trusted === undefined ? words[0] : words.find((word) => parseKeys(word)[0]?.id === trusted);
  if (first === undefined) return { problem: `none of its keys is ${trusted}, which the trust file lists` };
  const all = [first, ...words.filter((word) => word !== first)].join("\n");
  return all === there.trim() ? "unchanged" : { write: all };
}
