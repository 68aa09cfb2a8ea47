import { versionRefusal } from "../../model/config/advisories";
import { compareVersions } from "../../model/config/server-keys";

/** The releases that model/config/server-releases.ts names. */
export interface Releases {
  /** Newest first: the newest release of each of two lines. */
  readonly tested: readonly string[];
  readonly default: string;
}

export const lineOf = (version: string): string => version.split(".").slice(0, 2).join(".");

/**
 * The releases once this one is tested as well: it takes the place of its line's, and a new line that of the oldest. It
 * becomes the default where it is newer than that, or of its line.
 *
 * @throws for what is no release, must not be deployed, or is of a line older than both
 */
export function withRelease(releases: Releases, version: string): Releases {
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`a release is a version such as 2.15.2, got ${version}`);
  const refusal = versionRefusal(version);
  if (refusal) throw new Error(`nats-server ${version} must not be deployed: ${refusal.why}`);
  const others = releases.tested.filter((release) => lineOf(release) !== lineOf(version));
  const tested = [version, ...others].sort((a, b) => compareVersions(b, a)).slice(0, 2);
  if (!tested.includes(version))
    throw new Error(`the lines that are tested are ${releases.tested.map(lineOf).join(" and ")}, both newer`);
  const leads = compareVersions(version, releases.default) > 0 || lineOf(version) === lineOf(releases.default);
  return { tested, default: leads ? version : releases.default };
}

/** model/config/server-releases.ts. */
export const printReleases = ({ tested, default: standard }: Releases): string => `/**
 * nats-server releases that every test against real servers passes on: the newest of the two newest lines, newest first.
 * Written by \`make server-version\`.
 */
export const testedReleases = [${tested.map((release) => JSON.stringify(release)).join(", ")}] as const;

/** What an environment runs that names no version, and what the tests run; tools/go.mod builds the same one. */
export const defaultRelease: string = ${JSON.stringify(standard)};
`;
