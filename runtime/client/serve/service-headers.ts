/** Headers of an answer that is an error, as in ADR-32. */
export const ERROR_TEXT_HEADER = "Nats-Service-Error";
export const ERROR_CODE_HEADER = "Nats-Service-Error-Code";
