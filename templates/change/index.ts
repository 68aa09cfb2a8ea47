export { changeOf, deployedTopologies, deployedWholes } from "./deployed";
export { type ChangeTrust, type PlanProps, planChange } from "./plan";
export { changeLines } from "./text";
