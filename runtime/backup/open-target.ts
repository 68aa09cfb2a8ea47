import type { BucketProps } from "./bucket-client";
import { googleMetadata } from "./google-token";
import { type Target, TargetError } from "./target";
import { folderTarget } from "./target-folder";

/** How a bucket is reached, and what is asked for its objects. */
export type BucketOptions = Omit<BucketProps, "scheme" | "bucket" | "prefix">;

/** What the usual variables say of it. */
export const bucketOptions = (variables: NodeJS.ProcessEnv): BucketOptions => ({
  endpoint: variables.AWS_ENDPOINT_URL_S3 ?? variables.AWS_ENDPOINT_URL,
  googleMetadata: variables.AWS_ACCESS_KEY_ID ? undefined : (variables.GCE_METADATA_HOST ?? googleMetadata),
});

/**
 * Opens the target of a URL: `s3://bucket/prefix`, `gs://bucket/prefix`, `file:///folder`.
 *
 * S3 takes region, credentials and endpoint from the usual sources of AWS clients. GCS is used through its XML API, as the
 * workload's own identity, or with an HMAC key where there is one.
 *
 * @throws TargetError
 */
export async function openTarget(url: string, options: BucketOptions = {}): Promise<Target> {
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
  return openBucket({ ...options, scheme, bucket, prefix });
}
