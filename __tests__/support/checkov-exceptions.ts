/** A finding of Checkov that is known and right as it is. One that no finding needs any more fails the test. */
export interface CheckovException {
  check: string;
  /** Matches `<stack> <address>`. */
  resource: RegExp;
  reason: string;
}

export const checkovExceptions: readonly CheckovException[] = [
  {
    check: "CKV_AWS_333",
    resource: /-nats .*service/,
    reason:
      "Servers have public addresses where access is public: clients connect to each of them. With access vpc they have none.",
  },
  {
    check: "CKV_AWS_115",
    resource: /-certificates .*certificate-manager/,
    reason:
      "A lease in DynamoDB lets one run issue at a time; a limit would refuse the apply while a scheduled run is under way.",
  },
  {
    check: "CKV_AWS_117",
    resource: /dns-sync|certificate-manager/,
    reason:
      "They call APIs of AWS and an ACME server, and nothing in the VPC: inside of it they would depend on its way out.",
  },
  {
    check: "CKV_AWS_272",
    resource: /dns-sync|certificate-manager/,
    reason:
      "The plan holds the digest of the code, which is built from these sources; a signing profile would prove the same again.",
  },
  {
    check: "CKV_AWS_50",
    resource: /dns-sync|certificate-manager/,
    reason: "Each invocation logs what it did and reports metrics; a trace would need a permission on every resource.",
  },
  {
    check: "CKV2_AWS_57",
    resource: /aws_secretsmanager_secret/,
    reason:
      "Certificates are renewed by the certificate-manager, keys are rotated by natsform keys rotate: Secrets Manager's own rotation knows neither.",
  },
  {
    check: "CKV2_AWS_38",
    resource: /aws_route53_zone/,
    reason: "DNSSEC is the decision of the owner of the parent zone, who has to publish the key.",
  },
  {
    check: "CKV2_AWS_39",
    resource: /aws_route53_zone/,
    reason:
      "Logs of queries need a log group in us-east-1 and say which addresses look for the servers: nobody here reads that.",
  },
  {
    check: "CKV_AWS_144",
    resource: /aws_s3_bucket\.config-bucket/,
    reason:
      "The configurations are rendered from the repository at any time, and servers read them in their own region.",
  },
  {
    check: "CKV_AWS_18",
    resource: /aws_s3_bucket\.config-bucket/,
    reason: "It holds no secret and is written by applies alone; who read it is in CloudTrail where that is wanted.",
  },
  {
    check: "CKV2_AWS_61",
    resource: /aws_s3_bucket\.config-bucket/,
    reason:
      "Old versions are kept on purpose: a few kilobytes each, and tasks that start again need the one that they were made for.",
  },
  {
    check: "CKV2_AWS_62",
    resource: /aws_s3_bucket\.config-bucket/,
    reason: "Agents poll for versions: an event would have to reach every server, which has no listener for it.",
  },
  {
    check: "CKV2_AWS_34",
    resource: /aws_ssm_parameter\..*-digests/,
    reason: "It holds digests of a configuration that is no secret: what counts is who may write it.",
  },
  {
    check: "CKV_AWS_91",
    resource: /http-gateway_front_balancer/,
    reason:
      "No access log of the balancer: it would keep addresses and paths of callers in a bucket. The gateway counts requests by route and outcome.",
  },
  {
    check: "CKV2_AWS_76",
    resource: /http-gateway_front_balancer/,
    reason: "The web ACL is the operator's own, named by its ARN. Nothing here is Java.",
  },
];
