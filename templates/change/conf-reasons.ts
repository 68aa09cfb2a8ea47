import { type ChangeReason, isSame, namesOf, reloadMatrix } from "../../model/change";
import { type ConfObject, type ConfValue, isBlock } from "../nats-conf";

/**
 * Causes in two configurations of one server, key by key of the matrix. A block that comes or goes as a whole is a restart:
 * its keys were measured where it stays.
 */
export function confReasons(before: ConfObject, after: ConfObject, path = ""): ChangeReason[] {
  return namesOf(before, after).flatMap((name) => {
    const [from, to] = [before[name], after[name]];
    if (isSame(from, to)) return [];
    // NATS reads keys without regard to case.
    const key = (path ? `${path}.${name}` : name).toLowerCase();
    const known = reloadMatrix[key];
    if (known !== undefined) return [reasonOf(key, known)];
    if (isBlock(from) && isBlock(to)) return confReasons(from, to, key);
    return [isKnownBlock(key, from ?? to) ? { at: key, effect: "restart", why: "the block as a whole" } : unknown(key)];
  });
}

const reasonOf = (at: string, verdict: string): ChangeReason =>
  verdict === "reload" ? { at, effect: "reload" } : { at, effect: "restart", why: verdict };

const unknown = (at: string): ChangeReason => ({
  at,
  effect: "restart",
  why: "what servers do with it was never measured",
  unknown: true,
});

const isKnownBlock = (key: string, value: ConfValue | undefined): boolean =>
  isBlock(value) && Object.keys(value).every((name) => [`${key}.${name}`, `${key}.${name}.`].some(isKnown));

const isKnown = (key: string) => Object.keys(reloadMatrix).some((known) => known === key || known.startsWith(key));
