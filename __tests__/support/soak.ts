/** True in `make soak`, which runs properties for longer and with another seed each time. */
export const soaking = process.env.NATSFORM_SOAK === "1";

/**
 * Parameters of a property whose histories take long: some in every run, many in `make soak`, which prints the seed.
 *
 * @param named file or property, for the line with the seed
 */
export function longRuns(named: string, runs: number, soak: number): { numRuns: number; seed?: number } {
  if (!soaking) return { numRuns: runs };
  const seed = Number(process.env.SOAK_SEED) || Math.floor(Math.random() * 2 ** 31);
  process.stderr.write(`${named}: ${soak} runs, SOAK_SEED=${seed}\n`);
  return { numRuns: soak, seed };
}
