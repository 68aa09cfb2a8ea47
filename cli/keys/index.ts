export { UserError } from "../core/project";
export {
  createKeys,
  type KeysMade,
  type KeysProps,
  type KeysPushed,
  type KeysRotated,
  type KeysShown,
  pushKeys,
  readKeys,
  rotateEnvironmentKeys,
  writeExampleTrust,
} from "./commands";
export type { Opener, ReadableBy } from "./export/age";
export {
  type ExportProps,
  exportKeys,
  type ImportProps,
  importKeys,
  type KeysExported,
  type KeysImported,
} from "./export/commands";
