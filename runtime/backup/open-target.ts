import { type Target, TargetError } from "./target";
import { folderTarget } from "./target-folder";

/**
 * Opens the target of a URL: `s3://bucket/prefix`, `gs://bucket/prefix`, `file:///folder`.
 *
 * S3 takes region, credentials and endpoint from the usual sources of AWS clients. GCS is used through its
 * S3-compatible API, which needs an HMAC key in `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
 *
 * @param endpoint address of the S3 API, if it is not Amazon's or Google's
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
  // The AWS client takes longer to load than most work with a folder.
  const { openBucket } = require("./target-s3") as typeof import("./target-s3");
  return openBucket({ scheme, bucket, prefix, endpoint });
}
