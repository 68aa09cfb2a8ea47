export { type ChangeTrust, planChange } from "./plan";
export { changeLines } from "./text";
