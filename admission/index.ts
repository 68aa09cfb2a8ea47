export { admit } from "./admit";
export { formatFinding, formatRefusal, RefusedError, refuseUnadmitted } from "./text";
export { judgeTrustFile } from "./trust-file";
export { type Candidate, isAdmitted, type Purpose, type Verdict } from "./verdict";
