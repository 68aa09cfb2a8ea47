import { lambdaZip } from "./code-zip";
import { allImagePrograms, writeImageFolder } from "./image-folder";
import { bundleLambda } from "./zip";

/** Programs that run as Lambda functions. */
export const lambdaPrograms = ["certificate-manager", "dns-sync"];

/**
 * Writes the code that stacks refer to into the project: zips, and what images add to their base. What has not changed
 * is left alone, so that Terraform sees a change only where there is one.
 */
export function writeCode(root: string): void {
  for (const program of lambdaPrograms) bundleLambda(`runtime/${program}/index.ts`, lambdaZip(root, program));
  for (const program of allImagePrograms) writeImageFolder(root, program);
}
