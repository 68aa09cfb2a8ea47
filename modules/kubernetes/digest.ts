import { createHash } from "node:crypto";

/** Mark of a text in an annotation: another text is another pod. */
export const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);
