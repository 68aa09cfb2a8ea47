import { nearest } from "../../model/config/known-keys";
import type { Topology } from "../../model/topology";
import { UserError } from "./project";

/** @throws UserError, with the nearest one, when the environment has no service of this name */
export function assertService(
  { environment, identity }: Pick<Topology, "environment" | "identity">,
  name: string,
): void {
  if (Object.hasOwn(identity.services, name)) return;
  const known = Object.keys(identity.services);
  const near = nearest(name, known);
  const fix = near ? `did you mean ${near}?` : `services: ${known.join(", ") || "none"}`;
  throw new UserError(`${environment} has no service ${name}`, fix);
}
