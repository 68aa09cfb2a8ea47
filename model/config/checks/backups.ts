import type { Problem } from "../problem";
import { type Check, clustersOf, dict, text } from "./raw";

/** What is said of a bucket of S3 is said of one, and a bucket and the key of its objects are in one region. */
export const backupBuckets: Check = (env) =>
  clustersOf(env).flatMap(([name, cluster]): Problem[] => {
    const backup = dict(cluster.backup);
    const [to = "", key, region] = [text(backup.to), text(backup.kmsKey), text(backup.region)];
    const path = (setting: string) => ["clusters", name, "backup", setting];
    if (!to.startsWith("s3://"))
      return (["kmsKey", "region"] as const).flatMap((setting) =>
        backup[setting] === undefined || to === ""
          ? []
          : [{ path: path(setting), got: backup[setting], message: `is of S3; ${to} is none`, fix: "leave it out" }],
      );
    const keyRegion = key?.split(":")[3];
    if (!region || !keyRegion || keyRegion === region) return [];
    const message = `is a key of ${keyRegion}; S3 encrypts with keys of the bucket's own region, ${region}`;
    return [{ path: path("kmsKey"), got: key, message, fix: `name a key of ${region}, or correct backup.region` }];
  });
