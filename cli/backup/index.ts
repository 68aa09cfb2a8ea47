export { type Host, type HostEvent, silentHost } from "../core/host";
export { UserError } from "../core/project";
export {
  type BackupProps,
  backUpEnvironment,
  drillBackups,
  listEnvironmentBackups,
  type OfAccount,
  type OneBackupProps,
  restoreBackups,
} from "./commands";
export { type DeployedProps, type DeployedResult, runOnKubernetes } from "./deployed";
export type { RestoreOptions } from "./twin";
