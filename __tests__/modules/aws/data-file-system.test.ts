import { DataFileSystem, ServerFolder } from "../../../modules/aws/data-file-system";
import type { Statement } from "../../../modules/aws/policy";
import { made, statements } from "../../support/construct";

const fileSystem = made(
  (scope) =>
    new DataFileSystem(scope, "data", {
      name: "demo-core",
      kmsKeyArn: "arn:key",
      partition: "aws",
      region: "eu-west-1",
      accountId: "123456789012",
      vpcId: "vpc",
      vpcRange: "10.0.0.0/20",
      subnetIds: ["subnet-a", "subnet-b"],
    }),
);

test("data on EFS is encrypted with the environment's key", () => {
  expect(fileSystem.aws_efs_file_system).toEqual([expect.objectContaining({ encrypted: true, kms_key_id: "arn:key" })]);
});

test("roles of the account mount it by an access point, and nobody mounts it in clear", () => {
  const [policy] = fileSystem.aws_efs_file_system_policy ?? [];
  const found = statements(policy?.policy);
  const [allowed, denied] = ["Allow", "Deny"].map((effect) => found.filter(({ Effect }) => Effect === effect));
  expect(allowed).toEqual([
    expect.objectContaining({
      Principal: { AWS: "arn:aws:iam::123456789012:root" },
      Action: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
      Condition: {
        StringLike: {
          "elasticfilesystem:AccessPointArn": "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/*",
        },
      },
    }),
  ]);
  expect(denied).toEqual([
    expect.objectContaining({
      Principal: { AWS: "*" },
      Action: expect.arrayContaining(["elasticfilesystem:ClientMount", "elasticfilesystem:ClientRootAccess"]),
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    }),
  ]);
});

test("NFS is open to the VPC alone", () => {
  expect(fileSystem.aws_vpc_security_group_ingress_rule).toEqual([
    expect.objectContaining({ cidr_ipv4: "10.0.0.0/20", from_port: 2049, to_port: 2049 }),
  ]);
});

test("a server has a folder that only its user opens, and its role mounts that folder alone", () => {
  let statement: Statement | undefined;
  const folder = made((scope) => {
    ({ statement } = new ServerFolder(scope, "folder", { name: "demo-core", server: "core-0", user: 1000 }));
  });
  expect(folder.aws_efs_access_point).toEqual([
    expect.objectContaining({
      posix_user: { uid: 1000, gid: 1000 },
      root_directory: { path: "/core-0", creation_info: { owner_uid: 1000, owner_gid: 1000, permissions: "0700" } },
    }),
  ]);
  expect(Object.keys(statement?.Condition?.StringEquals ?? {})).toEqual(["elasticfilesystem:AccessPointArn"]);
  expect(statement?.Action).toEqual(["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]);
});
