import { programsAs } from "../model/topology";
import { lambdaZip } from "./code-zip";
import { writeImageFolder } from "./image-folder";
import { bundleLambda } from "./zip";

/**
 * Writes the code that stacks refer to into the project: zips, and what images add to their base. What has not changed
 * is left alone, so that Terraform sees a change only where there is one.
 */
export function writeCode(root: string): void {
  for (const program of programsAs("function")) bundleLambda(`runtime/${program}/index.ts`, lambdaZip(root, program));
  for (const program of programsAs("image")) writeImageFolder(root, program);
}
