export { type Review, reviewExitCode } from "../../model/review";
export { reviewLines } from "../../templates/review";
export { type Host, type HostEvent, silentHost } from "../core/host";
export { UserError } from "../core/project";
export { reviewReports } from "./reports";
export { type Reviewed, type ReviewProps, reviewEnvironments } from "./review-environments";
