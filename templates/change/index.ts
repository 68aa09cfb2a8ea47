export { changeOf, type Deployed, deployedTopologies } from "./deployed";
export { type ChangeTrust, type PlanProps, planChange } from "./plan";
export { changeLines } from "./text";
