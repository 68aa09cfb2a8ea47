/** Types for environments that import from the path of before `natsform/config`. They run as if they named the new one. */
export * from "../../model/config";
