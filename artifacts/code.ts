import { programsAs } from "../model/topology";
import { programZip } from "./build/names";
import { lambdaZip } from "./code-zip";
import { copyBuilt } from "./copy-built";
import { writeImageFolder } from "./image-folder";

/**
 * Writes the code that stacks refer to into the project: zips, and what images add to their base. What has not changed
 * is left alone, so that Terraform sees a change only where there is one.
 */
export function writeCode(root: string): void {
  for (const program of programsAs("function")) copyBuilt(programZip(program), lambdaZip(root, program));
  for (const program of programsAs("image")) writeImageFolder(root, program);
}
