export { changeOf, type DeployedProps, deployedTopologies, deployedWholes } from "./deployed";
export { type ChangeTrust, type PlanProps, planChange } from "./plan";
export type { Renewed } from "./server-changes";
export { changeLines } from "./text";
