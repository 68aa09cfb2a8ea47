/** Jobs that `natsform doctor` checks the prerequisites of. */
export const jobs = ["twin", "test", "deploy", "kubernetes"] as const;
