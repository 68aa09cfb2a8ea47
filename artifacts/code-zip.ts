import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { workFolder } from "./work-folder";

/** The handler that a Lambda function is created with: `index.js` in the zip exports it. */
export const lambdaHandler = "index.handler";

/** Zip of a Lambda function. */
export const lambdaZip = (root: string, program: string): string => workFolder(root).lambdaZip(program);

/** Digest of a zip as Lambda computes it: another one is another version of the function. */
export const codeHash = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("base64");
