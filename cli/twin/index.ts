export type { ChangePlan } from "../../model/change";
export { ConfigError } from "../../model/config";
export { type Host, type HostEvent, silentHost } from "../core/host";
export { UserError } from "../core/project";
export type { PartStatus, Row, VerifyRow } from "../core/rows";
export {
  type AccountPlan,
  applyEnvironmentStreams,
  planEnvironmentStreams,
  type StreamsApplied,
  type StreamsPlanned,
  type StreamsProps,
} from "./environment-streams";
export {
  type DownTwinProps,
  downTwin,
  planTwinUp,
  type TwinDown,
  type TwinProps,
  type TwinUp,
  type UpProps,
  upTwin,
} from "./lifecycle";
export type { PortChoice } from "./ports";
export { type Verified, type VerifyProps, verifyTwin } from "./verify/verify";
