/**
 * What Terraform asks AWS for, by type of resource: actions of IAM that its provider calls to read one (`plan`), and those
 * with which it makes, changes and removes one (`apply`). A service's name stands before a colon and counts until the next.
 *
 * Sources: the operations that hashicorp/aws 5.100 calls, as its log names them, and the service authorization reference of
 * AWS for what an operation asks for beside itself.
 */
export interface ResourceActions {
  plan: string;
  apply?: string;
}

const loadBalancerLinked = "iam:CreateServiceLinkedRole";

/** Tags of a resource of EC2: the provider sets those of the environment on each. */
const ec2Tags = "CreateTags DeleteTags";

export const resourceActions: Readonly<Record<string, ResourceActions>> = {
  aws_acm_certificate: {
    plan: "acm:DescribeCertificate ListTagsForCertificate",
    apply:
      "acm:RequestCertificate DeleteCertificate UpdateCertificateOptions AddTagsToCertificate RemoveTagsFromCertificate",
  },
  aws_acm_certificate_validation: { plan: "acm:DescribeCertificate" },
  aws_appautoscaling_policy: {
    plan: "application-autoscaling:DescribeScalingPolicies",
    apply: "application-autoscaling:PutScalingPolicy DeleteScalingPolicy",
  },
  aws_appautoscaling_target: {
    plan: "application-autoscaling:DescribeScalableTargets ListTagsForResource",
    apply: `application-autoscaling:RegisterScalableTarget DeregisterScalableTarget TagResource UntagResource ${loadBalancerLinked}`,
  },
  aws_cloudwatch_dashboard: { plan: "cloudwatch:GetDashboard", apply: "cloudwatch:PutDashboard DeleteDashboards" },
  aws_cloudwatch_event_rule: {
    plan: "events:DescribeRule ListTagsForResource",
    apply: "events:PutRule DeleteRule TagResource UntagResource",
  },
  aws_cloudwatch_event_target: {
    plan: "events:ListTargetsByRule",
    apply: "events:PutTargets RemoveTargets iam:PassRole",
  },
  aws_cloudwatch_log_group: {
    plan: "logs:DescribeLogGroups ListTagsForResource",
    apply:
      "logs:CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey DisassociateKmsKey TagResource UntagResource",
  },
  aws_cloudwatch_log_metric_filter: {
    plan: "logs:DescribeMetricFilters",
    apply: "logs:PutMetricFilter DeleteMetricFilter",
  },
  aws_cloudwatch_log_resource_policy: {
    plan: "logs:DescribeResourcePolicies",
    apply: "logs:PutResourcePolicy DeleteResourcePolicy",
  },
  aws_cloudwatch_metric_alarm: {
    plan: "cloudwatch:DescribeAlarms ListTagsForResource",
    apply: "cloudwatch:PutMetricAlarm DeleteAlarms TagResource UntagResource",
  },
  aws_default_security_group: {
    plan: "ec2:DescribeSecurityGroups DescribeSecurityGroupRules",
    apply: `ec2:AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress ${ec2Tags}`,
  },
  aws_dynamodb_table: {
    plan: "dynamodb:DescribeTable DescribeContinuousBackups DescribeTimeToLive ListTagsOfResource",
    apply:
      "dynamodb:CreateTable UpdateTable DeleteTable UpdateContinuousBackups UpdateTimeToLive TagResource UntagResource",
  },
  aws_ecr_lifecycle_policy: {
    plan: "ecr:GetLifecyclePolicy",
    apply: "ecr:PutLifecyclePolicy DeleteLifecyclePolicy",
  },
  aws_ecr_repository: {
    plan: "ecr:DescribeRepositories ListTagsForResource",
    apply:
      "ecr:CreateRepository DeleteRepository PutImageScanningConfiguration PutImageTagMutability TagResource UntagResource",
  },
  aws_ecs_cluster: {
    plan: "ecs:DescribeClusters",
    apply: `ecs:CreateCluster UpdateCluster DeleteCluster TagResource UntagResource ${loadBalancerLinked}`,
  },
  aws_ecs_service: {
    plan: "ecs:DescribeServices",
    apply: "ecs:CreateService UpdateService DeleteService TagResource UntagResource",
  },
  aws_ecs_task_definition: {
    plan: "ecs:DescribeTaskDefinition",
    apply: "ecs:RegisterTaskDefinition DeregisterTaskDefinition TagResource UntagResource iam:PassRole",
  },
  aws_efs_access_point: {
    plan: "elasticfilesystem:DescribeAccessPoints",
    apply: "elasticfilesystem:CreateAccessPoint DeleteAccessPoint TagResource UntagResource",
  },
  aws_efs_file_system: {
    plan: "elasticfilesystem:DescribeFileSystems DescribeLifecycleConfiguration",
    apply:
      "elasticfilesystem:CreateFileSystem UpdateFileSystem DeleteFileSystem PutLifecycleConfiguration TagResource UntagResource",
  },
  aws_efs_file_system_policy: {
    plan: "elasticfilesystem:DescribeFileSystemPolicy",
    apply: "elasticfilesystem:PutFileSystemPolicy DeleteFileSystemPolicy",
  },
  aws_efs_mount_target: {
    plan: "elasticfilesystem:DescribeMountTargets DescribeMountTargetSecurityGroups ec2:DescribeSubnets DescribeNetworkInterfaces",
    apply:
      "elasticfilesystem:CreateMountTarget DeleteMountTarget ModifyMountTargetSecurityGroups ec2:CreateNetworkInterface DeleteNetworkInterface",
  },
  aws_eip: {
    plan: "ec2:DescribeAddresses DescribeAddressesAttribute",
    apply: `ec2:AllocateAddress ReleaseAddress DisassociateAddress ${ec2Tags}`,
  },
  aws_flow_log: {
    plan: "ec2:DescribeFlowLogs",
    apply: `ec2:CreateFlowLogs DeleteFlowLogs ${ec2Tags} iam:PassRole`,
  },
  aws_iam_role: {
    plan: "iam:GetRole ListRolePolicies ListAttachedRolePolicies",
    apply:
      "iam:CreateRole DeleteRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy ListInstanceProfilesForRole TagRole UntagRole",
  },
  aws_iam_role_policy: { plan: "iam:GetRolePolicy", apply: "iam:PutRolePolicy DeleteRolePolicy" },
  aws_internet_gateway: {
    plan: "ec2:DescribeInternetGateways",
    apply: `ec2:CreateInternetGateway AttachInternetGateway DetachInternetGateway DeleteInternetGateway ${ec2Tags}`,
  },
  aws_kms_alias: { plan: "kms:ListAliases", apply: "kms:CreateAlias UpdateAlias DeleteAlias" },
  aws_kms_key: {
    plan: "kms:DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags",
    // Services encrypt with the key in the name of whoever makes what is encrypted.
    apply:
      "kms:CreateKey EnableKeyRotation DisableKeyRotation PutKeyPolicy UpdateKeyDescription ScheduleKeyDeletion TagResource UntagResource",
  },
  aws_lambda_function: {
    plan: "lambda:GetFunction GetFunctionCodeSigningConfig ListVersionsByFunction",
    apply:
      "lambda:CreateFunction UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction PutFunctionConcurrency DeleteFunctionConcurrency TagResource UntagResource iam:PassRole",
  },
  aws_lambda_invocation: { plan: "", apply: "lambda:InvokeFunction" },
  aws_lambda_permission: { plan: "lambda:GetPolicy", apply: "lambda:AddPermission RemovePermission" },
  aws_lb: {
    plan: "elasticloadbalancing:DescribeLoadBalancers DescribeLoadBalancerAttributes DescribeCapacityReservation DescribeTags",
    apply: `elasticloadbalancing:CreateLoadBalancer ModifyLoadBalancerAttributes SetSecurityGroups SetSubnets DeleteLoadBalancer AddTags RemoveTags ec2:DescribeNetworkInterfaces ${loadBalancerLinked}`,
  },
  aws_lb_listener: {
    plan: "elasticloadbalancing:DescribeListeners DescribeListenerAttributes DescribeTags",
    apply:
      "elasticloadbalancing:CreateListener ModifyListener ModifyListenerAttributes DeleteListener AddTags RemoveTags",
  },
  aws_lb_target_group: {
    plan: "elasticloadbalancing:DescribeTargetGroups DescribeTargetGroupAttributes DescribeTags",
    apply:
      "elasticloadbalancing:CreateTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes DeleteTargetGroup AddTags RemoveTags",
  },
  aws_nat_gateway: {
    plan: "ec2:DescribeNatGateways",
    apply: `ec2:CreateNatGateway DeleteNatGateway ${ec2Tags}`,
  },
  aws_route: { plan: "ec2:DescribeRouteTables", apply: "ec2:CreateRoute ReplaceRoute DeleteRoute" },
  aws_route53_record: {
    plan: "route53:GetHostedZone ListResourceRecordSets",
    apply: "route53:ChangeResourceRecordSets GetChange",
  },
  aws_route53_zone: {
    plan: "route53:GetHostedZone ListTagsForResource ListResourceRecordSets",
    apply:
      "route53:CreateHostedZone UpdateHostedZoneComment DeleteHostedZone ChangeTagsForResource ChangeResourceRecordSets GetChange",
  },
  aws_route_table: {
    plan: "ec2:DescribeRouteTables",
    apply: `ec2:CreateRouteTable DeleteRouteTable DisassociateRouteTable ${ec2Tags}`,
  },
  aws_route_table_association: {
    plan: "ec2:DescribeRouteTables",
    apply: "ec2:AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation",
  },
  aws_s3_bucket: {
    plan: "s3:ListBucket GetBucketAcl GetBucketCORS GetBucketWebsite GetBucketVersioning GetAccelerateConfiguration GetBucketRequestPayment GetBucketLogging GetLifecycleConfiguration GetReplicationConfiguration GetEncryptionConfiguration GetBucketObjectLockConfiguration GetBucketPolicy GetBucketTagging GetBucketLocation",
    apply: "s3:CreateBucket DeleteBucket PutBucketTagging ListBucketVersions DeleteObject DeleteObjectVersion",
  },
  aws_s3_bucket_policy: { plan: "s3:GetBucketPolicy", apply: "s3:PutBucketPolicy DeleteBucketPolicy" },
  aws_s3_bucket_public_access_block: {
    plan: "s3:GetBucketPublicAccessBlock",
    apply: "s3:PutBucketPublicAccessBlock",
  },
  aws_s3_bucket_server_side_encryption_configuration: {
    plan: "s3:GetEncryptionConfiguration",
    apply: "s3:PutEncryptionConfiguration",
  },
  aws_s3_bucket_versioning: { plan: "s3:GetBucketVersioning", apply: "s3:PutBucketVersioning" },
  aws_s3_object: {
    plan: "s3:GetObject GetObjectTagging",
    apply: "s3:PutObject PutObjectTagging DeleteObject ListBucketVersions DeleteObjectVersion",
  },
  aws_secretsmanager_secret: {
    plan: "secretsmanager:DescribeSecret GetResourcePolicy",
    apply: "secretsmanager:CreateSecret UpdateSecret DeleteSecret TagResource UntagResource",
  },
  aws_security_group: {
    plan: "ec2:DescribeSecurityGroups DescribeSecurityGroupRules",
    apply: `ec2:CreateSecurityGroup DeleteSecurityGroup RevokeSecurityGroupIngress RevokeSecurityGroupEgress DescribeNetworkInterfaces ${ec2Tags}`,
  },
  aws_service_discovery_private_dns_namespace: {
    plan: "servicediscovery:GetNamespace ListTagsForResource",
    // Cloud Map makes the zone in the caller's name.
    apply:
      "servicediscovery:CreatePrivateDnsNamespace UpdatePrivateDnsNamespace DeleteNamespace GetOperation TagResource UntagResource route53:CreateHostedZone DeleteHostedZone GetHostedZone ListHostedZonesByName AssociateVPCWithHostedZone ChangeResourceRecordSets ec2:DescribeVpcs DescribeRegions",
  },
  aws_service_discovery_service: {
    plan: "servicediscovery:GetService ListTagsForResource",
    apply:
      "servicediscovery:CreateService UpdateService DeleteService ListInstances DeregisterInstance GetOperation TagResource UntagResource route53:ChangeResourceRecordSets",
  },
  aws_sqs_queue: {
    plan: "sqs:GetQueueAttributes ListQueueTags",
    apply: "sqs:CreateQueue SetQueueAttributes DeleteQueue TagQueue UntagQueue",
  },
  aws_ssm_parameter: {
    plan: "ssm:GetParameter DescribeParameters ListTagsForResource",
    apply: "ssm:PutParameter DeleteParameter AddTagsToResource RemoveTagsFromResource",
  },
  aws_subnet: {
    plan: "ec2:DescribeSubnets",
    apply: `ec2:CreateSubnet DeleteSubnet ModifySubnetAttribute DescribeNetworkInterfaces ${ec2Tags}`,
  },
  aws_vpc: {
    plan: "ec2:DescribeVpcs DescribeVpcAttribute DescribeNetworkAcls DescribeRouteTables DescribeSecurityGroups",
    apply: `ec2:CreateVpc DeleteVpc ModifyVpcAttribute ${ec2Tags}`,
  },
  aws_vpc_endpoint: {
    plan: "ec2:DescribeVpcEndpoints DescribePrefixLists",
    apply: `ec2:CreateVpcEndpoint ModifyVpcEndpoint DeleteVpcEndpoints ${ec2Tags}`,
  },
  aws_vpc_security_group_egress_rule: {
    plan: "ec2:DescribeSecurityGroupRules",
    apply: `ec2:AuthorizeSecurityGroupEgress ModifySecurityGroupRules RevokeSecurityGroupEgress ${ec2Tags}`,
  },
  aws_vpc_security_group_ingress_rule: {
    plan: "ec2:DescribeSecurityGroupRules",
    apply: `ec2:AuthorizeSecurityGroupIngress ModifySecurityGroupRules RevokeSecurityGroupIngress ${ec2Tags}`,
  },
  aws_wafv2_web_acl_association: {
    plan: "wafv2:GetWebACLForResource",
    apply: "wafv2:AssociateWebACL DisassociateWebACL elasticloadbalancing:SetWebACL",
  },
};

/** The same of what is only looked up. */
export const dataActions: Readonly<Record<string, string>> = {
  aws_caller_identity: "sts:GetCallerIdentity",
  aws_ecr_image: "ecr:DescribeImages DescribeRepositories",
  aws_ecs_cluster: "ecs:DescribeClusters",
  aws_efs_file_system: "elasticfilesystem:DescribeFileSystems DescribeLifecycleConfiguration",
  aws_kms_alias: "kms:ListAliases DescribeKey",
  aws_route53_zone: "route53:ListHostedZones GetHostedZone ListTagsForResource",
  aws_secretsmanager_secret: "secretsmanager:DescribeSecret GetResourcePolicy",
  aws_secretsmanager_secret_versions: "secretsmanager:ListSecretVersionIds",
  aws_service_discovery_dns_namespace: "servicediscovery:ListNamespaces GetNamespace ListTagsForResource",
  aws_subnet: "ec2:DescribeSubnets",
  aws_vpc: "ec2:DescribeVpcs DescribeVpcAttribute DescribeRouteTables",
};

/** `ec2:A B iam:C` as `ec2:A`, `ec2:B`, `iam:C`. */
export function actionsIn(text: string): string[] {
  let service = "";
  return text.split(" ").flatMap((word) => {
    if (word === "") return [];
    const [name = "", action] = word.includes(":") ? word.split(":") : [service, word];
    service = name;
    return [`${name}:${action}`];
  });
}
