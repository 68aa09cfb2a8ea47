export { resourceActions } from "./actions";
export { type DeployPolicy, deployPolicy, type EmittedStack, longestPolicy, type PolicyDocument } from "./policy";
