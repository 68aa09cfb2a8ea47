export { effectiveLists, placeOfAllowed } from "./capabilities";
export { defineEnvironment } from "./define";
export { parseEnvironment } from "./parse";
export type { Platform, PlatformKind } from "./platforms";
export { ConfigError, type FileProblems, formatPath, formatProblems, formatValue, type Problem } from "./problem";
export { Environment, type EnvironmentInput } from "./schema";
export { type FoundTrust, Trust } from "./trust";
