export { forbiddenChanges } from "./forbidden";
export { narrowedGrants } from "./grants";
export { keyChanges } from "./keys";
export * from "./model";
export { platformReasons } from "./platform";
export { reloadableKeys, reloadMatrix } from "./reload-matrix";
export { differences, isSame, namesOf } from "./same";
export { storedLosses } from "./stored";
export { streamChanges, streamsOn } from "./streams";
