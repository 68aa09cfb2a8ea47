import type { ProgramName } from "../../model/topology";

/** Built file of a program: of one that runs as a function its handler, of the others all of it. */
export const programFile = (name: ProgramName): string => `programs/${name}.cjs`;

/** Built file of a program that runs as a function, as Lambda takes it. */
export const programZip = (name: ProgramName): string => `programs/${name}.zip`;
