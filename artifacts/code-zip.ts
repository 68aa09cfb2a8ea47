import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The handler that a Lambda function is created with: `index.js` in the zip exports it. */
export const lambdaHandler = "index.handler";

/** Where the code of a Lambda function lies in a project: the deployment writes it, Terraform reads it. */
export const lambdaZip = (root: string, program: string): string => join(root, ".natsform", "lambda", `${program}.zip`);

/** Digest of a zip as Lambda computes it: another one is another version of the function. */
export const codeHash = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("base64");
