import { type Target, TargetError } from "./target";
import { folderTarget } from "./target-folder";

/**
 * The target of a URL: `s3://bucket/prefix`, `gs://bucket/prefix`, `file:///folder`.
 *
 * S3 takes region, credentials and endpoint from where every AWS client takes them. GCS is spoken to through its
 * S3-compatible API, which wants an HMAC key in `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
 *
 * @param endpoint where the API of S3 is, if not at Amazon's or Google's
 * @throws TargetError
 */
export async function openTarget(url: string, endpoint?: string): Promise<Target> {
  const [, scheme, rest = ""] = /^([a-z0-9]+):\/\/(.*)$/.exec(url) ?? [];
  if (scheme === "file") {
    if (!rest.startsWith("/") || rest === "/") throw new TargetError(`${url} is no folder: write file:///folder`);
    return folderTarget(decodeURIComponent(rest).replace(/\/+$/, ""));
  }
  if (scheme !== "s3" && scheme !== "gs") throw new TargetError(`${url} is no target: write s3://, gs:// or file://`);
  const [, bucket, prefix = ""] = /^([a-z0-9][a-z0-9.-]+)(?:\/(.*?))?\/*$/.exec(rest) ?? [];
  if (bucket === undefined) throw new TargetError(`${url} names no bucket: write ${scheme}://bucket/prefix`);
  // The client of AWS takes longer to load than most of what else is done with a folder.
  const { openBucket } = await import("./target-s3");
  return openBucket({ scheme, bucket, prefix, endpoint });
}
