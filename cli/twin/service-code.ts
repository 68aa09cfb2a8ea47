import { join } from "node:path";
import type { ClusterTopology, FleetService } from "../../model/topology";
import { errorMessage } from "../../runtime/common/error-message";
import { UserError } from "../core/project";
import type { Twin } from "./context";

/** What of a service runs on this machine: a file that natsform writes, one of the project, or a command of its own. */
export interface LocalCode {
  service: FleetService;
  cluster: ClusterTopology;
  command: string;
  args: readonly string[];
  /** Content of the file that is run, where it is written. */
  text?: string;
  /** Files that are run. */
  code: readonly string[];
  /** It is run in the project's folder, with what a command finds there. */
  inProject: boolean;
}

/** Services with a command on this machine. Those without processes are none. */
export const localServices = ({ clusters }: Twin["topology"]): { cluster: ClusterTopology; service: FleetService }[] =>
  clusters.flatMap((cluster) => cluster.fleet.filter(runsHere).map((service) => ({ cluster, service })));

const runsHere = ({ code, count }: FleetService) => count > 0 && (code.kind !== "image" || code.local !== undefined);

/**
 * The code of all services, before anything is started.
 *
 * @throws UserError that names everything that is missing or does not compile
 */
export function localFleet(twin: Twin, root: string): LocalCode[] {
  const problems: string[] = [];
  const found = localServices(twin.topology).flatMap(({ cluster, service }) => {
    try {
      return [{ service, cluster, ...localCode(twin, service, root) }];
    } catch (error) {
      problems.push(`${service.name}: ${errorMessage(error)}`);
      return [];
    }
  });
  if (problems.length > 0)
    throw new UserError(
      `${problems.length} of the services cannot be run:\n  ${problems.join("\n  ")}`,
      `mend them, or what identity.services of ${twin.topology.environment} says of them`,
    );
  return found;
}

function localCode(
  { folder }: Twin,
  { name, code, arguments: more }: FleetService,
  root: string,
): Omit<LocalCode, "service" | "cluster"> {
  // Loaded where there are services alone: it takes a compiler.
  const { bundleService, isFile } =
    require("../../artifacts/service-code") as typeof import("../../artifacts/service-code");
  if (code.kind === "image") {
    const [command = "", ...args] = code.local ?? [];
    return { command, args: [...args, ...more], code: args.filter((arg) => isFile(root, arg)), inProject: true };
  }
  const path = code.kind === "node" ? code.entry : process.arch === "arm64" ? code.arm64 : code.amd64;
  if (path === undefined) throw new Error(`has no binary for this machine's processor, ${process.arch}`);
  if (!isFile(root, path)) throw new Error(`there is no file ${path}`);
  if (code.kind === "binary") {
    const file = join(root, path);
    return { command: file, args: more, code: [file], inProject: false };
  }
  const file = join(folder.program(name).root, "service.mjs");
  const text = bundleService(root, path);
  return { command: process.execPath, args: [file, ...more], text, code: [file], inProject: false };
}
