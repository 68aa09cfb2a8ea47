import { programsAs, type Topology } from "../model/topology";
import { programZip } from "./build/names";
import { lambdaZip } from "./code-zip";
import { copyBuilt } from "./copy-built";
import { writeImageFolder } from "./image-folder";

/**
 * Writes the code that stacks refer to into the project: zips, and what images add to their base. What has not changed
 * is left alone, so that Terraform sees a change only where there is one.
 *
 * @throws Error that names what of the services is missing or does not compile
 */
export function writeCode(root: string, topologies: readonly Topology[] = []): void {
  for (const program of programsAs("function")) copyBuilt(programZip(program), lambdaZip(root, program));
  for (const program of programsAs("image")) writeImageFolder(root, program);
  const running = topologies.filter(({ clusters }) => clusters.some(({ fleet }) => fleet.length > 0));
  if (running.length === 0) return;
  // Loaded where there are services alone: it takes a compiler.
  const { writeServiceImages } = require("./service-image") as typeof import("./service-image");
  for (const topology of running) writeServiceImages(root, topology);
}
