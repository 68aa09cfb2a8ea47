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
