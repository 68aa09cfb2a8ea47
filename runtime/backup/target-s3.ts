import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { type BucketProps, bucketClient } from "./bucket-client";
import { NoSuchObject, type Target } from "./target";

/** Bytes of a part: S3 takes 10,000 of at least 5 MiB, so they grow from 8 MiB. Together they hold almost 500 GiB. */
const partBytes = (part: number) => 8 * 1024 * 1024 * 2 ** Math.floor(part / 2000);

/** A bucket, with region and credentials from the usual sources of AWS clients, or Google's. */
export const openBucket = (props: BucketProps): Target => s3Target(bucketClient(props), props);

/** A bucket with the API of S3. An object appears when its upload is completed, so half of one is never seen. */
function s3Target(client: S3Client, { scheme, bucket, prefix, kmsKey }: BucketProps): Target {
  const keyOf = (path: string) => (prefix ? `${prefix}/${path}` : path);
  const pathOf = (key: string) => (prefix ? key.slice(prefix.length + 1) : key);
  const Bucket = bucket;
  // An identity that may only add has to say so. Google's does so without: replacing takes the right to delete there.
  const once = scheme === "s3" ? { IfNoneMatch: "*" } : {};
  // Also where the bucket does so by default: its policy may refuse what does not ask for it.
  const encrypted = kmsKey ? ({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: kmsKey } as const) : {};
  // A bucket that locks objects takes none without a checksum; Google knows none of Amazon's.
  const summed = scheme === "s3" ? ({ ChecksumAlgorithm: "CRC32" } as const) : {};

  /** An answer that was lost is asked for again, and S3 then says that the object is there, or the upload no more. */
  async function unlessMade(Key: string, bytes: number, made: Promise<unknown>): Promise<void> {
    try {
      await made;
    } catch (error) {
      const { name } = error as Error;
      if (name !== "PreconditionFailed" && name !== "NoSuchUpload") throw error;
      const found = await client.send(new HeadObjectCommand({ Bucket, Key })).catch(() => undefined);
      if (found?.ContentLength !== bytes) throw error;
    }
  }

  async function putInParts(Key: string, parts: AsyncIterator<Buffer>, first: Buffer, second: Buffer) {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...encrypted, ...summed }));
    try {
      const Parts: CompletedPart[] = [];
      let bytes = 0;
      const upload = async (Body: Buffer) => {
        const PartNumber = Parts.length + 1;
        const part = { Bucket, Key, UploadId, PartNumber, Body, ...summed };
        const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand(part));
        Parts.push({ ETag, ChecksumCRC32, PartNumber });
        bytes += Body.length;
      };
      await upload(first);
      await upload(second);
      for (let next = await parts.next(); !next.done; next = await parts.next()) await upload(next.value);
      const complete = { Bucket, Key, UploadId, MultipartUpload: { Parts }, ...once };
      await unlessMade(Key, bytes, client.send(new CompleteMultipartUploadCommand(complete)));
    } catch (error) {
      // An upload that could not be aborted here is swept later; the first error says more.
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => undefined);
      throw error;
    }
  }

  return {
    name: `${scheme}://${bucket}${prefix && `/${prefix}`}`,
    async list(folder) {
      const paths: string[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket, Prefix: `${keyOf(folder)}/`, ContinuationToken }),
        );
        paths.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [pathOf(Key)])));
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
      return paths.sort();
    },
    async write(path, source) {
      const parts = inParts(source);
      const first = await parts.next();
      const second = await parts.next();
      const Key = keyOf(path);
      if (!first.done && !second.done) await putInParts(Key, parts, first.value, second.value);
      else {
        const Body = first.done ? Buffer.alloc(0) : first.value;
        const object = { Bucket, Key, Body, ...once, ...encrypted, ...summed };
        await unlessMade(Key, Body.length, client.send(new PutObjectCommand(object)));
      }
    },
    async *read(path) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: keyOf(path) }));
        if (Body) yield* Body as unknown as AsyncIterable<Uint8Array>;
      } catch (error) {
        throw error instanceof NoSuchKey ? new NoSuchObject(path) : error;
      }
    },
    async remove(path) {
      await client.send(new DeleteObjectCommand({ Bucket, Key: keyOf(path) }));
    },
    async sweep(folder, before) {
      let swept = 0;
      const { Uploads = [] } = await client.send(
        new ListMultipartUploadsCommand({ Bucket, Prefix: `${keyOf(folder)}/` }),
      );
      for (const { Key, UploadId, Initiated } of Uploads) {
        if (!Initiated || Initiated.getTime() >= before) continue;
        await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
        swept++;
      }
      return swept;
    },
  };
}

async function* inParts(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  let part = 0;
  for await (const chunk of source) {
    waiting.push(chunk);
    length += chunk.length;
    if (length < partBytes(part)) continue;
    yield Buffer.concat(waiting);
    part++;
    waiting = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(waiting);
}
