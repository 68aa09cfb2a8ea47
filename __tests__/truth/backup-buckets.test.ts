import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { type BucketOptions, bucketOptions, openTarget } from "../../runtime/backup/open-target";
import { readText, type Target, TargetError, writeText } from "../../runtime/backup/target";
import { type OpenMoto, startOpenMoto } from "../support/moto";
import type { S3Request } from "../support/s3-permissions";

/** Buckets as companies have them, as far as an emulated S3 has them: what is asked for, with what, is the question. */

let moto: OpenMoto;
let proxy: Server;
let endpoint: string;
let s3: S3Client;
let asked: S3Request[] = [];

const listening = async (server: Server) => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};
const closed = (server: Server | undefined) =>
  new Promise((resolve) => (server ? server.close(resolve) && server.closeAllConnections() : resolve(undefined)));

beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= "test";
  process.env.AWS_SECRET_ACCESS_KEY ??= "test";
  moto = await startOpenMoto();
  const { port } = new URL(moto.url);
  proxy = createServer((incoming, answer) => {
    const { method = "", url: path = "", headers } = incoming;
    asked.push({ method, path, headers });
    const passed = request({ host: "127.0.0.1", port, method, path, headers }, (found) => {
      answer.writeHead(found.statusCode ?? 500, found.headers);
      found.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    incoming.pipe(passed);
  });
  endpoint = `http://${await listening(proxy)}`;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  s3 = new S3Client({ endpoint: moto.url, region: "eu-central-1", forcePathStyle: true, credentials });
});
afterAll(async () => {
  s3?.destroy();
  await closed(proxy);
  await moto?.stop();
});
beforeEach(() => {
  asked = [];
});

const create = (Bucket: string, ObjectLockEnabledForBucket = false) =>
  s3.send(
    new CreateBucketCommand({
      Bucket,
      ObjectLockEnabledForBucket,
      CreateBucketConfiguration: { LocationConstraint: "eu-central-1" },
    }),
  );
const open = (url: string, options: BucketOptions = {}) =>
  openTarget(url, { endpoint, region: "eu-central-1", ...options });

/** More than one part. */
async function writeLarge(target: Target, path: string) {
  async function* source() {
    for (let i = 0; i < 9; i++) yield Buffer.alloc(1024 * 1024, i);
  }
  await target.write(path, source());
}
const made = () => asked.filter(({ method }) => method === "PUT" || method === "POST");
const withBody = () => asked.filter(({ method }) => method === "PUT");

test("objects and uploads are encrypted with the key that is named", async () => {
  const kmsKey = "arn:aws:kms:eu-central-1:123456789012:key/0f0e0d0c-1111-2222-3333-444455556666";
  await create("sealed");
  const target = await open("s3://sealed/kept", { kmsKey });
  await writeText(target, "small", "text");
  await writeLarge(target, "large");
  for (const Key of ["kept/small", "kept/large"])
    expect(await s3.send(new HeadObjectCommand({ Bucket: "sealed", Key }))).toMatchObject({
      ServerSideEncryption: "aws:kms",
      SSEKMSKeyId: kmsKey,
    });
  expect(await readText(target, "small")).toBe("text");
});

test("without one, what the bucket does by default is left to it", async () => {
  await create("default");
  await writeText(await open("s3://default"), "small", "text");
  expect(
    made()
      .flatMap(({ headers }) => Object.keys(headers))
      .filter((name) => /encryption/.test(name)),
  ).toEqual([]);
});

test("the region that is named is asked", async () => {
  await create("elsewhere");
  await writeText(await open("s3://elsewhere"), "small", "text");
  expect(asked[0]?.headers.authorization).toContain("/eu-central-1/s3/");
});

describe("a bucket that locks objects", () => {
  const Bucket = "locked";
  let target: Target;
  beforeAll(async () => {
    await create(Bucket, true);
    const DefaultRetention = { Mode: "COMPLIANCE", Days: 30 } as const;
    const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention } } as const;
    await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    target = await open(`s3://${Bucket}/kept`);
  });

  test("gets a checksum with everything that is put there", async () => {
    await writeText(target, "env/small", "text");
    await writeLarge(target, "env/large");
    expect(withBody().length).toBeGreaterThanOrEqual(3);
    for (const { headers } of withBody()) expect(headers["x-amz-checksum-crc32"]).toMatch(/^.{6}==$/);
    expect((await readText(target, "env/large")).length).toBe(9 * 1024 * 1024);
  });

  test("is pruned: what is removed is seen no more, and its bytes stay until their time is over", async () => {
    await target.remove("env/small");
    await target.remove("env/large");
    expect(await target.list("env")).toEqual([]);
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    expect(Versions.map(({ Key }) => Key).sort()).toEqual(["kept/env/large", "kept/env/small"]);
    const small = Versions.find(({ Key }) => Key === "kept/env/small");
    const kept = await s3.send(new GetObjectCommand({ Bucket, Key: "kept/env/small", VersionId: small?.VersionId }));
    expect(await kept.Body?.transformToString()).toBe("text");
    // No request names a version: the rights to remove one are not there.
    expect(asked.filter(({ path }) => /versionId/i.test(path))).toEqual([]);
  });
});

describe("Google's storage, as the workload's own identity", () => {
  let metadata: Server;
  let host: string;
  let tokens: number;
  let lasts = 3600;
  let answers: (asked: { url?: string; flavor: unknown }) => [number, string];
  const token: typeof answers = () => [200, JSON.stringify({ access_token: `token-${++tokens}`, expires_in: lasts })];

  beforeAll(async () => {
    await create("google");
    metadata = createServer((incoming, answer) => {
      const [status, body] = answers({ url: incoming.url, flavor: incoming.headers["metadata-flavor"] });
      answer.writeHead(status, { "metadata-flavor": "Google" }).end(body);
    });
    host = await listening(metadata);
  });
  afterAll(() => closed(metadata));
  beforeEach(() => {
    tokens = 0;
    lasts = 3600;
    answers = token;
  });
  const google = () => open("gs://google/kept", { googleMetadata: host });

  test("every request carries a token, which is asked for once, and nothing of Amazon's", async () => {
    const seen: unknown[] = [];
    answers = (one) => {
      seen.push(one);
      return token(one);
    };
    const target = await google();
    await writeText(target, "env/small", "text");
    await writeLarge(target, "env/large");
    expect(await target.list("env")).toEqual(["env/large", "env/small"]);
    expect(await readText(target, "env/small")).toBe("text");
    await target.remove("env/small");
    await target.sweep("env", Date.now());
    expect(await target.list("env")).toEqual(["env/large"]);
    expect(seen).toEqual([{ url: "/computeMetadata/v1/instance/service-accounts/default/token", flavor: "Google" }]);
    expect(asked.length).toBeGreaterThanOrEqual(9);
    for (const { headers, path } of asked) {
      expect(headers.authorization).toBe("Bearer token-1");
      expect(Object.keys(headers).filter((name) => /^(x-amz|amz-sdk)/.test(name))).toEqual([]);
      expect(path).not.toContain("x-id");
    }
  });

  test("a token that ends is replaced before it does", async () => {
    lasts = 100;
    const target = await google();
    await writeText(target, "first", "text");
    await writeText(target, "second", "text");
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  test("a metadata server that stumbles, as in a new pod, is asked again", async () => {
    let failures = 2;
    answers = (one) => (failures-- > 0 ? [503, "not yet"] : token(one));
    await writeText(await google(), "third", "text");
    expect(asked).toHaveLength(1);
  });

  test("an HMAC key that is there is used", async () => {
    const { googleMetadata: none } = bucketOptions({ AWS_ACCESS_KEY_ID: "GOOG1" });
    expect(none).toBeUndefined();
    expect(bucketOptions({}).googleMetadata).toBe("metadata.google.internal");
    await writeText(await open("gs://google/kept"), "fourth", "text");
    expect(asked[0]?.headers.authorization).toContain("AWS4-HMAC-SHA256");
  });
});

test("without any identity at Google it is said what to do", async () => {
  const nobody = createServer((_, answer) => answer.end("<html>"));
  const host = await listening(nobody);
  const { googleTokens } = await import("../../runtime/backup/google-token");
  await expect(googleTokens(host, [])()).rejects.toThrow(TargetError);
  await expect(googleTokens(host, [])()).rejects.toThrow(/no metadata server.*workload identity/);
  await closed(nobody);
});
