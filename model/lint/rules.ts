import { accountRules } from "./accounts";
import { backupRules } from "./backup";
import { backupHistoryRules } from "./backup-history";
import { calloutRules } from "./callout";
import { capacityRules } from "./capacity";
import { captureRules } from "./captures";
import { certificateRules } from "./certificates";
import { chartRules } from "./charts";
import { clusterRules } from "./clusters";
import { consumerRules } from "./consumers";
import type { EnvironmentRule } from "./context";
import { directReadRules } from "./direct-reads";
import { durabilityRules } from "./durability";
import { egressRules } from "./egress";
import { fleetRules } from "./fleet";
import { grantRules } from "./grants";
import { httpGatewayRules } from "./http-gateway";
import { imageRules } from "./images";
import { leafnodeRules } from "./leafnodes";
import { limitRules } from "./limits";
import { memoryRules } from "./memory";
import { monitoringRules } from "./monitoring";
import { natsBoxRules } from "./nats-box";
import { networkRules } from "./network";
import { permissionRules } from "./permissions";
import { placementRules } from "./placement";
import { sharingRules } from "./sharing";
import { shutdownRules } from "./shutdown";
import { storageRules } from "./storage";
import { streamRules } from "./streams";
import { websocketRules } from "./websocket";
import { zoneRules } from "./zones";

/** Every rule of an environment, in the order in which the reference and `natsform check` show them. */
export const rules: readonly EnvironmentRule[] = [
  ...clusterRules,
  ...zoneRules,
  ...durabilityRules,
  ...storageRules,
  ...memoryRules,
  ...limitRules,
  ...shutdownRules,
  ...streamRules,
  ...captureRules,
  ...consumerRules,
  ...placementRules,
  ...capacityRules,
  ...accountRules,
  ...sharingRules,
  ...calloutRules,
  ...permissionRules,
  ...grantRules,
  ...directReadRules,
  ...leafnodeRules,
  ...networkRules,
  ...egressRules,
  ...monitoringRules,
  ...websocketRules,
  ...httpGatewayRules,
  ...fleetRules,
  ...certificateRules,
  ...backupRules,
  ...backupHistoryRules,
  ...imageRules,
  ...chartRules,
  ...natsBoxRules,
];
