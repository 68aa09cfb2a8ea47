import { awsNames, clustersInRegion } from "../../../model/topology";
import type { KeyStore } from "../../keys/key-store";
import type { DeployedKeys } from "../../keys/push";
import { SecretsManagerStore } from "../../keys/secrets-manager";
import { clientConfig, type DeployTarget } from "../target";

/** The secrets that a region's foundation stack has created for programs: they are written to, never created. */
export function keyStoreOf(target: DeployTarget, region: string): KeyStore {
  const prefix = awsNames(target.environment.name, region).keySecret("").replace(/\/$/, "");
  return new SecretsManagerStore(region, prefix, "existing", clientConfig(target, region));
}

/** What these secrets hold: what the region's clusters read, and the logins of people and services. */
export const keysIn = ({ topology }: DeployTarget, region: string): DeployedKeys => ({
  clusters: clustersInRegion(topology, region),
  personal: true,
});
