/** What tools are needed for, one by one. */
export type Need = "twin" | "emulation" | "aws" | "kubernetes" | "test";

/** Jobs that a user names, each with its parts: `natsform deploy` goes to an emulated AWS or to real accounts. */
export const jobs = {
  twin: ["twin"],
  test: ["test"],
  deploy: ["emulation", "aws"],
  kubernetes: ["kubernetes"],
} as const satisfies Record<string, readonly Need[]>;

export type Job = keyof typeof jobs;
export const jobNames = Object.keys(jobs) as Job[];
