export { type ForbiddenChange, forbiddenChanges } from "./forbidden";
