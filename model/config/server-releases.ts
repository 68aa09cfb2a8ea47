/**
 * nats-server releases that every test against real servers passes on: the newest of the two newest lines, newest first.
 * Written by `make server-version`.
 */
export const testedReleases = ["2.15.2", "2.14.5"] as const;

/** What an environment runs that names no version, and what the tests run; tools/go.mod builds the same one. */
export const defaultRelease: string = "2.15.2";
