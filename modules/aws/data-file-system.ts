import { DataAwsEfsFileSystem } from "@cdktf/provider-aws/lib/data-aws-efs-file-system";
import { EfsAccessPoint } from "@cdktf/provider-aws/lib/efs-access-point";
import { EfsFileSystem } from "@cdktf/provider-aws/lib/efs-file-system";
import { EfsFileSystemPolicy } from "@cdktf/provider-aws/lib/efs-file-system-policy";
import { EfsMountTarget } from "@cdktf/provider-aws/lib/efs-mount-target";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { Construct } from "constructs";
import { json } from "../terraform/json";
import type { Statement } from "./policy";

export interface DataFileSystemProps {
  /** Name, by which the servers' stack finds it. */
  name: string;
  kmsKeyArn: string;
  partition: string;
  region: string;
  accountId: string;
  vpcId: string;
  vpcRange: string;
  /** One in each zone of the servers. */
  subnetIds: readonly string[];
}

/** The file system of a cluster's data, where that is to outlive the tasks. It stays when the servers are recreated. */
export class DataFileSystem extends Construct {
  constructor(scope: Construct, id: string, props: DataFileSystemProps) {
    super(scope, id);
    const { name, kmsKeyArn, vpcId, vpcRange, subnetIds } = props;
    const { id: fileSystemId, arn } = new EfsFileSystem(this, "file-system", {
      creationToken: name,
      encrypted: true,
      kmsKeyId: kmsKeyArn,
      // JetStream writes small and often: what counts is that throughput does not run out.
      throughputMode: "elastic",
      tags: { Name: name },
    });
    // Without a policy everybody who reaches a mount target is root on it, without any login.
    new EfsFileSystemPolicy(this, "policy", {
      fileSystemId,
      policy: json({ Version: "2012-10-17", Statement: statements(arn, props) }),
    });
    const group = new SecurityGroup(this, "security-group", {
      name: `${name}-efs`,
      description: "NFS from the VPC",
      vpcId,
      tags: { Name: `${name}-efs` },
    });
    new VpcSecurityGroupIngressRule(this, "nfs", {
      securityGroupId: group.id,
      description: "NFS from the VPC; access points and IAM decide who reads",
      cidrIpv4: vpcRange,
      ipProtocol: "tcp",
      fromPort: 2049,
      toPort: 2049,
    });
    for (const [i, subnetId] of subnetIds.entries()) {
      new EfsMountTarget(this, `mount-target-${i}`, { fileSystemId, subnetId, securityGroups: [group.id] });
    }
  }
}

function statements(arn: string, { partition, region, accountId }: DataFileSystemProps) {
  const folders = `arn:${partition}:elasticfilesystem:${region}:${accountId}:access-point/*`;
  const mounting = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"];
  return [
    {
      Sid: "AccountDecidesByIam",
      Effect: "Allow",
      // Roles of the account, by their own policies; nobody without a login.
      Principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
      Action: mounting,
      Resource: arn,
      Condition: { StringLike: { "elasticfilesystem:AccessPointArn": folders } },
    },
    {
      Sid: "NothingInClear",
      Effect: "Deny",
      Principal: { AWS: "*" },
      Action: [...mounting, "elasticfilesystem:ClientRootAccess"],
      Resource: arn,
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ];
}

/** The folder of one server on the cluster's file system, and its task's permissions there. */
export class ServerFolder extends Construct {
  readonly efs: { fileSystemId: string; accessPointId: string };
  readonly statement: Statement;

  constructor(scope: Construct, id: string, { name, server, user }: { name: string; server: string; user: number }) {
    super(scope, id);
    const found = new DataAwsEfsFileSystem(this, "found", { creationToken: name });
    const point = new EfsAccessPoint(this, "access-point", {
      fileSystemId: found.id,
      posixUser: { uid: user, gid: user },
      rootDirectory: {
        path: `/${server}`,
        creationInfo: { ownerUid: user, ownerGid: user, permissions: "0700" },
      },
      tags: { Name: `${name}-${server}` },
    });
    this.efs = { fileSystemId: found.id, accessPointId: point.id };
    this.statement = {
      Action: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
      Resource: found.arn,
      Condition: { StringEquals: { "elasticfilesystem:AccessPointArn": point.arn } },
    };
  }
}
