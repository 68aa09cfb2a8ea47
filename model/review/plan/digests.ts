import { createHash } from "node:crypto";
import { isSame } from "../../change";
import type { ChangeJson } from "./format";
import { hidden, type Net } from "./secrets";
import { below } from "./within";

/** Stands for a value that is known once it is applied. */
export const unknownDigest = "unknown";

/** Values that say where this machine has a file: what is in it, another attribute says. */
const places: ReadonlySet<string> = new Set(["aws_lambda_function.filename", "aws_s3_object.source"]);

/**
 * Digests of every value that a resource gets, by path: a report shows some of them, and cut. Secrets are masked before, so that
 * no digest tells one to somebody who tries them out; another one in its place is not noticed by it.
 */
export function digestsOf(type: string, change: ChangeJson, net: Net): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (path: string, before: unknown, after: unknown, unknown: unknown, masks: readonly unknown[]): void => {
    if (places.has(`${type}.${path}`)) return;
    if (unknown === true) {
      found[path] = unknownDigest;
      return;
    }
    const isMasked = masks.includes(true);
    if (!isMasked && (hasEntries(after) || hasEntries(unknown))) {
      for (const key of new Set([after, unknown].flatMap((one) => (hasEntries(one) ? Object.keys(one) : []))))
        walk(
          path === "" ? key : `${path}.${key}`,
          below(before, key),
          below(after, key),
          below(unknown, key),
          masks.map((mask) => below(mask, key)),
        );
      return;
    }
    if (after === undefined || after === null || isSame(before ?? undefined, after)) return;
    found[path] = createHash("sha256")
      .update(isMasked ? hidden : net(JSON.stringify(after)))
      .digest("base64url")
      .slice(0, 22);
  };
  const { before, after, after_unknown, before_sensitive, after_sensitive } = change;
  walk("", before, after ?? undefined, after_unknown, [before_sensitive, after_sensitive]);
  return found;
}

const hasEntries = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.keys(value).length > 0;
