import { join } from "node:path";
import { deployedSecrets, personalSecrets } from "../../../model/topology";
import { all, contextOf, one, projectWithCode, type Stack, synthesized, variants } from "../../support/stacks";

let stacks: Record<string, Stack>;
const root = projectWithCode();
const demo = contextOf("demo", root);
beforeAll(async () => {
  stacks = synthesized([await demo, ...(await variants(root))], join(root, "out"));
});
const foundation = (environment: string) => stacks[`${environment}-eu-west-1-foundation`];
const names = (stack: Stack | undefined, type: string) => Object.values(all(stack, type)).map(({ name }) => name);

test("each zone has a public and a private subnet, and a way out of its own", () => {
  const subnets = Object.values(all(foundation("demo"), "aws_subnet"));
  const placed = subnets.map(({ availability_zone, tags }) => {
    const { "natsform:subnet": kind } = tags as Record<string, string>;
    return `${availability_zone} ${kind}`;
  });
  const desired = ["a", "b", "c"].flatMap((zone) => [`eu-west-1${zone} private`, `eu-west-1${zone} public`]);
  expect(placed.sort()).toEqual(desired);
  for (const { map_public_ip_on_launch } of subnets) expect(map_public_ip_on_launch).toBe(false);
  expect(Object.keys(all(foundation("demo"), "aws_nat_gateway"))).toHaveLength(3);
});

test("without NAT, private subnets reach what tasks call at AWS and nothing else", () => {
  const inside = foundation("inside");
  expect(all(inside, "aws_nat_gateway")).toEqual({});
  const services = Object.values(all(inside, "aws_vpc_endpoint")).map(
    ({ service_name }) => String(service_name).split("eu-west-1.")[1],
  );
  expect(services.sort()).toEqual(["ecr.api", "ecr.dkr", "kms", "logs", "s3", "secretsmanager", "ssm", "sts"]);
});

test("an existing network and zone are used as they are", () => {
  const found = foundation("found");
  for (const type of ["aws_vpc", "aws_subnet", "aws_internet_gateway", "aws_nat_gateway"])
    expect(all(found, type)).toEqual({});
  expect(Object.values(found?.data.aws_vpc ?? {})).toEqual([expect.objectContaining({ id: "vpc-0123456789abcdef0" })]);
  // The zone of the hub exists, the one of the edge is made.
  expect(names(found, "aws_route53_zone")).toEqual(["edge.example.com"]);
});

test("the parent zone delegates where it is natsform's to write, and otherwise the owner is told how", () => {
  const delegation = one(foundation("operator"), "aws_route53_record");
  expect(delegation).toMatchObject({ type: "NS", name: "demo.example.com" });
  expect(all(foundation("demo"), "aws_route53_record")).toEqual({});
  expect(Object.keys(foundation("demo")?.output ?? {})).toContain("name-servers-demo-example-com");
});

test("what rests is encrypted with a key of the environment that rotates", () => {
  const stack = foundation("demo");
  const [key = ""] = Object.keys(all(stack, "aws_kms_key"));
  const arn = `\${aws_kms_key.${key}.arn}`;
  expect(one(stack, "aws_kms_key")).toMatchObject({ enable_key_rotation: true, deletion_window_in_days: 30 });
  for (const { kms_key_id } of Object.values(all(stack, "aws_secretsmanager_secret"))) expect(kms_key_id).toBe(arn);
  for (const { kms_key_id, retention_in_days } of Object.values(all(stack, "aws_cloudwatch_log_group"))) {
    expect({ kms_key_id, retention_in_days }).toEqual({ kms_key_id: arn, retention_in_days: 365 });
  }
  expect(one(foundation("inside"), "aws_efs_file_system")).toMatchObject({ encrypted: true });
});

test("nobody reads data on EFS without a role of the account, a server's own folder and TLS", () => {
  const stack = foundation("inside");
  const [system = ""] = Object.keys(all(stack, "aws_efs_file_system"));
  const { file_system_id, policy } = one(stack, "aws_efs_file_system_policy") as Record<string, string>;
  expect(file_system_id).toBe(`\${aws_efs_file_system.${system}.id}`);
  const { Statement } = JSON.parse(policy ?? "") as { Statement: Record<string, unknown>[] };
  const [allowed, denied] = Statement;
  expect(Statement).toHaveLength(2);
  expect(allowed).toMatchObject({
    Effect: "Allow",
    Principal: { AWS: expect.stringMatching(/^arn:aws:iam::.*:root$/) },
    Action: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
    Condition: { StringLike: { "elasticfilesystem:AccessPointArn": expect.stringContaining(":access-point/*") } },
  });
  expect(denied).toMatchObject({
    Effect: "Deny",
    Principal: { AWS: "*" },
    Action: expect.arrayContaining(["elasticfilesystem:ClientMount", "elasticfilesystem:ClientRootAccess"]),
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  });
});

test("images cannot be replaced under their tag, and are scanned", () => {
  expect(names(foundation("demo"), "aws_ecr_repository")).toEqual([
    "demo/auth-callout",
    "demo/backup",
    "demo/certificate-agent",
    "demo/streams",
  ]);
  for (const repository of Object.values(all(foundation("demo"), "aws_ecr_repository"))) {
    expect(repository).toMatchObject({
      image_tag_mutability: "IMMUTABLE",
      image_scanning_configuration: { scan_on_push: true },
    });
  }
});

test("there is an empty secret for everything that keys push writes", async () => {
  const { topology } = await demo;
  const deployed = [
    ...deployedSecrets(topology, {}, topology.clusters),
    ...personalSecrets(topology, {}, topology.clusters),
  ];
  const desired = deployed.map(({ name }) => `demo/keys/${name}`);
  expect(names(foundation("demo"), "aws_secretsmanager_secret").sort()).toEqual(desired.sort());
});

test("configurations have versions, are encrypted, and are nobody's to read in public or in clear", () => {
  const stack = foundation("demo");
  expect(one(stack, "aws_s3_bucket_versioning").versioning_configuration).toEqual({ status: "Enabled" });
  expect(one(stack, "aws_s3_bucket_public_access_block")).toMatchObject({
    block_public_acls: true,
    block_public_policy: true,
    ignore_public_acls: true,
    restrict_public_buckets: true,
  });
  const policy = JSON.parse(String(one(stack, "aws_s3_bucket_policy").policy));
  expect(policy.Statement).toEqual([
    expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
  ]);
});

test("what cannot be made again is protected, unless the environment says otherwise", () => {
  const recovery = (environment: string) =>
    new Set(
      Object.values(all(foundation(environment), "aws_secretsmanager_secret")).map(
        (secret) => secret.recovery_window_in_days,
      ),
    );
  expect(recovery("demo")).toEqual(new Set([30]));
  expect(recovery("inside")).toEqual(new Set([0]));
  expect(one(foundation("demo"), "aws_s3_bucket").force_destroy).toBe(false);
  expect(one(foundation("inside"), "aws_s3_bucket").force_destroy).toBe(true);
});
