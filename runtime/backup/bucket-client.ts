import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { awsLimits } from "../common/aws-limits";
import { googleTokens } from "./google-token";

export interface BucketProps {
  readonly scheme: "s3" | "gs";
  readonly bucket: string;
  /** Without a slash at its ends; may be empty. */
  readonly prefix: string;
  /** Address of the API. @default Amazon's, or Google's */
  readonly endpoint?: string;
  /** Milliseconds without a byte after which a request is repeated. @default 60000 */
  readonly idleMs?: number;
  /** Region of an S3 bucket. @default as AWS clients find theirs */
  readonly region?: string;
  /** ARN of the KMS key of an S3 bucket's objects. */
  readonly kmsKey?: string;
  /** Host that gives tokens for the workload's own identity on Google's cloud; absent: an HMAC key is used. */
  readonly googleMetadata?: string;
}

export function bucketClient({ scheme, endpoint, idleMs = 60_000, region, googleMetadata }: BucketProps): S3Client {
  const limits = awsLimits({ idleMs });
  if (scheme === "s3") {
    // The bucket may lie in another region than the program: S3 says in which.
    const place = endpoint === undefined ? { followRegionRedirects: true } : { endpoint, forcePathStyle: true };
    return new S3Client({ ...limits, ...place, ...(region !== undefined && { region }) });
  }
  return new S3Client({
    ...limits,
    region: "auto",
    endpoint: endpoint ?? "https://storage.googleapis.com",
    forcePathStyle: true,
    // Google knows none of Amazon's newer checksums; ours is in the manifest.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(googleMetadata !== undefined && asWorkload(googleMetadata)),
  });
}

type Signer = Exclude<NonNullable<S3ClientConfig["signer"]>, (...args: never) => unknown>;

/** Google's XML API is that of S3 but for its headers: with a token of OAuth it takes none of Amazon's. */
function asWorkload(host: string) {
  const token = googleTokens(host);
  const signer: Signer = {
    async sign(request) {
      const ofAmazon = ([name]: [string, string]) => /^(x-amz|amz-sdk)-/i.test(name);
      request.headers = Object.fromEntries(Object.entries(request.headers).filter((header) => !ofAmazon(header)));
      request.headers.authorization = `Bearer ${await token()}`;
      delete request.query?.["x-id"];
      return request;
    },
  };
  // The client asks for credentials before it signs; these go nowhere.
  return { signer, credentials: { accessKeyId: "none", secretAccessKey: "none" } };
}
