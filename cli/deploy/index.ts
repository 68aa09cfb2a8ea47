export { ConfigError } from "../../model/config";
export { type Host, type HostEvent, silentHost } from "../core/host";
export { Blocked, UserError } from "../core/project";
export type { DeployRow, Row } from "../core/rows";
export {
  type DeploymentPlan,
  type DeployProps,
  deploy,
  destroyDeployment,
  PrerequisitesMissing,
  planDeployment,
} from "./deployment";
export type { Destroyed } from "./destroy";
export type { PlanOrWait } from "./show-plan";
export type { DeployResult } from "./steps";
