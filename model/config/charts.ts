import { z } from "zod";
import { isPlain } from "./plain";
import { matching } from "./scalars";

const officialRepository = "https://nats-io.github.io/k8s/helm/charts";
/** SHA-256 of archives in the official repository, by version, as its index has them. */
const officialArchives: Partial<Record<string, string>> = {
  "2.14.2": "86e0fbfe000b6d7fe70a3032ad3a667252f2d3dd2022e95f7330704d947d0f84",
};

export const chart = z
  .strictObject({
    version: matching(/^\d+\.\d+\.\d+$/, "must be a chart version such as 2.14.2").default("2.14.2"),
    /** Repository of the chart: https://, or oci:// and the path above the chart. */
    repository: matching(/^(https|oci):\/\/.+/, "must be https:// or oci:// and a path").default(officialRepository),
    /** SHA-256 of the chart's archive; natsform knows that of the default version in the official repository. */
    sha256: matching(/^[0-9a-f]{64}$/, "must be a SHA-256: 64 digits and letters a to f").optional(),
    /** Folder of the chart on the machine that deploys, instead of the repository. */
    path: z.string().min(1).optional(),
    /** Further values of the chart; they win. A key that the chart does not know is refused. */
    values: z
      .record(z.string().min(1), z.unknown())
      .refine((values) => isPlain(values), "must be plain data of at most 2000 values")
      .default({}),
  })
  .refine(({ path, sha256 }) => path === undefined || sha256 === undefined, {
    path: ["sha256"],
    error: "is of an archive, and path names a folder",
  })
  .prefault({});

/** The SHA-256 that the chart's archive must have; `undefined` where nobody said it, or where a folder is taken. */
export function archiveDigest({ version, repository, sha256, path }: z.output<typeof chart>): string | undefined {
  if (path !== undefined) return undefined;
  return sha256 ?? (repository === officialRepository ? officialArchives[version] : undefined);
}
