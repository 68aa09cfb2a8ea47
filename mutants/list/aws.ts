import { plantedIn } from "../planted";

/** What is made on AWS. */
export const aws = [
  ...plantedIn("modules/aws/containers.ts", [
    ["containers write to their root file system", "readonlyRootFilesystem: true", "readonlyRootFilesystem: false"],
    ["containers keep capabilities of the kernel", '{ drop: ["ALL"] }', "{ drop: [] }"],
    ["a log that hangs stops the server", 'mode: "non-blocking"', 'mode: "blocking"'],
  ]),
  ...plantedIn("modules/aws/provider.ts", [
    ["what is made for an emulated AWS is applied to any account", "allowedAccountIds: [emulatedAccount],", ""],
  ]),
  ...plantedIn("modules/aws/config-bucket.ts", [
    ["the bucket takes public ACLs", "blockPublicAcls: true", "blockPublicAcls: false"],
    ["the bucket takes a public policy", "blockPublicPolicy: true", "blockPublicPolicy: false"],
    ["the bucket is public where an ACL says so", "ignorePublicAcls: true", "ignorePublicAcls: false"],
    ["everybody reads the bucket", "restrictPublicBuckets: true", "restrictPublicBuckets: false"],
    [
      "an overwritten configuration is lost",
      'versioningConfiguration: { status: "Enabled" }',
      'versioningConfiguration: { status: "Suspended" }',
    ],
    [
      "configurations are encrypted with AWS's own key",
      'sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn',
      'sseAlgorithm: "AES256"',
    ],
    ["the bucket is read in clear", 'Effect: "Deny"', 'Effect: "Allow"'],
    ["a protected bucket goes with all its versions", "forceDestroy: !deletionProtection", "forceDestroy: true"],
  ]),
  ...plantedIn("modules/aws/code-change-pattern.ts", [
    ["a function that is made anew is not heard of", '[{ prefix: "CreateFunction" }]', '["CreateFunction"]'],
    ["a service that is made anew is not heard of", '["CreateService"]', '["CreateServices"]'],
    ["a function's other code is not heard of", '[{ prefix: "UpdateFunctionCode" }]', '["UpdateFunctionCode"]'],
    ["a user who changes code is not heard of", "issuer([{ exists: false }])", "issuer([{ exists: true }])"],
    [
      "a role that changes code is not heard of",
      'issuer([{ "anything-but": deployRoleArns }])',
      "issuer([{ exists: false }])",
    ],
    ["a shell in a server is not heard of", 'eventName: ["ExecuteCommand"]', "eventName: []"],
  ]),
  ...plantedIn("modules/aws/code-changes.ts", [
    ["EventBridge may not write who changed code", "...delivery, Action:", "Action:"],
    ["nobody is told that code changed", "topicArn,\n    });", "});"],
  ]),
  ...plantedIn("modules/aws/data-file-system.ts", [
    ["data on EFS is not encrypted", "encrypted: true,", "encrypted: false,"],
    ["data on EFS is encrypted with AWS's own key", "kmsKeyId: kmsKeyArn,", ""],
    ["data on EFS is read in clear", 'Effect: "Deny"', 'Effect: "Allow"'],
    [
      "everybody in the network mounts the file system",
      "Principal: { AWS: `arn:${partition}:iam::${accountId}:root` }",
      'Principal: { AWS: "*" }',
    ],
    ["a server's folder is open to other users", 'permissions: "0700"', 'permissions: "0777"'],
    [
      "a server mounts the folder of another",
      'Condition: { StringEquals: { "elasticfilesystem:AccessPointArn": point.arn } },',
      "",
    ],
  ]),
  ...plantedIn("modules/aws/encryption-key.ts", [
    ["the key is never rotated", "enableKeyRotation: true", "enableKeyRotation: false"],
    ["a deleted key is gone within a week", "deletionWindowInDays: 30", "deletionWindowInDays: 7"],
    [
      "logs of others are encrypted with the key",
      'Condition: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": logs } },',
      "",
    ],
    ["services use the key for other accounts", 'Condition: { StringEquals: { "aws:SourceAccount": accountId } },', ""],
  ]),
  ...plantedIn("modules/aws/empty-secret.ts", [
    ["secrets are encrypted with AWS's own key", "    kmsKeyId,\n", ""],
    ["a deleted secret is gone at once", "deletionProtection ? 30 : 0", "0"],
  ]),
  ...plantedIn("modules/aws/flow-log.ts", [
    ["refused connections are logged nowhere", 'trafficType: "REJECT"', 'trafficType: "ACCEPT"'],
  ]),
  ...plantedIn("modules/aws/invocation-rule.ts", [["any rule invokes the function", "sourceArn: this.rule.arn,", ""]]),
  ...plantedIn("modules/aws/lambda-program.ts", [
    ["lost events lie in clear", "kmsMasterKeyId: kmsKeyArn,", ""],
    ["failed events are lost", "deadLetterConfig: { targetArn: this.deadLetters.arn },", ""],
    ["variables are encrypted with AWS's own key", "      kmsKeyArn,\n", ""],
  ]),
  ...plantedIn("modules/aws/permissions.ts", [
    [
      "the key decrypts everything for every program",
      'Condition: { StringEquals: { "kms:ViaService": `${service}.${lookups.region}.amazonaws.com` } },',
      "",
    ],
    [
      "a program reads every secret",
      '{ Action: ["secretsmanager:GetSecretValue"], Resource: arns }',
      '{ Action: ["secretsmanager:GetSecretValue"], Resource: ["*"] }',
    ],
  ]),
  ...plantedIn("modules/aws/policy.ts", [
    [
      "another account uses a role through the service",
      'Condition: { StringEquals: { "aws:SourceAccount": accountId } },',
      "",
    ],
  ]),
  ...plantedIn("modules/aws/program-connection.ts", [
    ["programs connect in clear", "`tls://${host}:${ports.client}`", "`nats://${host}:${ports.client}`"],
  ]),
  ...plantedIn("modules/aws/program-task.ts", [
    ["programs run as root", "user: `${user}:${user}`,", ""],
    ["programs keep capabilities of the kernel", "linuxParameters: withoutCapabilities,", ""],
  ]),
  ...plantedIn("modules/aws/secret-files.ts", [
    ["everybody in the task reads the secrets", "mode: 0o400", "mode: 0o444"],
    ["a secret is written through a link", 'flag: "wx"', 'flag: "w"'],
    ["the program changes its secrets", "{ ...mount, readOnly: true }", "{ ...mount, readOnly: false }"],
    [
      "the program starts before its secrets are there",
      'dependsOn: [{ containerName: writer.name, condition: "SUCCESS" as const }],',
      "",
    ],
  ]),
  ...plantedIn("modules/aws/repositories.ts", [
    ["a tag may be moved to another image", '"IMMUTABLE"', '"MUTABLE"'],
    ["images are not scanned", "scanOnPush: true", "scanOnPush: false"],
    ["images are encrypted with AWS's own key", 'encryptionType: "KMS", kmsKey: kmsKeyArn', 'encryptionType: "AES256"'],
  ]),
  ...plantedIn("modules/aws/network.ts", [
    ["everything in a public subnet has a public address", "mapPublicIpOnLaunch: false", "mapPublicIpOnLaunch: true"],
    [
      "the default security group lets everything through",
      'new DefaultSecurityGroup(this, "default-security-group", { vpcId: this.vpc.id });',
      "",
    ],
  ]),
  ...plantedIn("modules/aws/server-config.ts", [
    ["a configuration is encrypted with AWS's own key", "    kmsKeyId: kmsKeyArn,\n", ""],
  ]),
  ...plantedIn("modules/aws/server-security-group.ts", [
    [
      "the network's own hosts join the cluster",
      "peer: { referencedSecurityGroupId: groupId }",
      "peer: { cidrIpv4: vpcRange }",
    ],
    ["monitoring is open to everybody", "new Set(monitoringFrom)", 'new Set([...monitoringFrom, "0.0.0.0/0"])'],
    [
      "internal listeners are open to everybody",
      'return [{ from: "the VPC", peer: { cidrIpv4: vpcRange } }]',
      'return [{ from: "the VPC", peer: { cidrIpv4: anywhere } }]',
    ],
  ]),
  ...plantedIn("modules/aws/server-service.ts", [
    ["two servers of one name run at once", "deploymentMaximumPercent: 100,", "deploymentMaximumPercent: 200,"],
    ["a server is one of several alike", "desiredCount: 1,", "desiredCount: 2,"],
    ["every server has a public address", "assignPublicIp: props.publicAddress", "assignPublicIp: true"],
    [
      "a release that does not start stays",
      "deploymentCircuitBreaker: { enable: true, rollback: true }",
      "deploymentCircuitBreaker: { enable: false, rollback: false }",
    ],
  ]),
  ...plantedIn("modules/aws/servers.ts", [
    ["all servers are replaced at once", ", ...(previous ? [previous.service] : [])]", "]"],
    ["servers stand in other zones than their tags say", "[serverZone(platform, ordinal)]", '["a"]'],
  ]),
  ...plantedIn("modules/aws/server-task.ts", [
    ["data goes to EFS in clear", 'transitEncryption: "ENABLED"', 'transitEncryption: "DISABLED"'],
    ["EFS does not ask who mounts it", 'iam: "ENABLED"', 'iam: "DISABLED"'],
    [
      "the server writes its own configuration",
      'mounts(["config", "run", "data"], ["config"])',
      'mounts(["config", "run", "data"])',
    ],
    ["the server starts without certificates", 'dependsOn: [{ containerName: "agent", condition: "HEALTHY" }],', ""],
    ["the server is killed before its clients have moved", "stopTimeout: stopTimeoutSeconds,", ""],
    ["a full disk that switched JetStream off goes unnoticed", "?js-enabled-only=true", ""],
  ]),
  ...plantedIn("modules/aws/server-roles.ts", [
    ["servers list every configuration", 'Condition: { StringEquals: { "s3:prefix": servers.map(configKey) } },', ""],
  ]),
  ...plantedIn("modules/aws/backup-access.ts", [
    [
      "a backup reads and writes other accounts' backups",
      "const objects = [`${arn}/${folder}/*`];",
      "const objects = [`${arn}/*`];",
    ],
    [
      "a backup lists other accounts' backups",
      '    Condition: { StringLike: { "s3:prefix": [`${folder}/*`] } },\n',
      "",
    ],
    [
      "a drill writes backups",
      "Resource: [`${arn}/${folder}/*/${PROOF}*`], Condition: makesOnly",
      "Resource: objects, Condition: makesOnly",
    ],
    ["a backup replaces what it wrote before", "Resource: objects, Condition: makesOnly", "Resource: objects"],
    ["the bucket's key is used for anything", ', Condition: { StringEquals: { "kms:ViaService": service } } }', " }"],
    [
      "a backup takes its history away",
      '{ Action: ["s3:AbortMultipartUpload"], Resource: objects },\n      ];',
      '{ Action: ["s3:DeleteObject", "s3:AbortMultipartUpload"], Resource: objects },\n      ];',
    ],
    [
      "who removes old backups reads the data of all",
      "Resource: [`${arn}/${folder}/*/${MANIFEST}`]",
      "Resource: objects",
    ],
  ]),
  ...plantedIn("modules/aws/backup-drill.ts", [
    ["others reach the drill's server", '"-a", "127.0.0.1"', '"-a", "0.0.0.0"'],
  ]),
  ...plantedIn("modules/aws/backup-rule.ts", [
    [
      "the schedule passes roles to any service",
      'Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },',
      "",
    ],
    ["the schedule starts tasks in other clusters", 'Condition: { ArnEquals: { "ecs:cluster": ecsClusterArn } },', ""],
  ]),
  ...plantedIn("modules/aws/backup-alarms.ts", [
    [
      "nobody hears that there are no backups any more",
      'threshold: 1,\n        missing: "breaching",',
      'threshold: 1,\n        missing: "notBreaching",',
    ],
    ["nobody hears that no drill has run", "threshold: gap * daySeconds + RUN_SECONDS", "threshold: gap * 1e9"],
    ["nobody hears that streams vanish from the backups", "threshold: 0,", "threshold: 1e9,"],
  ]),
  ...plantedIn("modules/aws/certificate-alarms.ts", [
    ["nobody hears that certificates are no longer looked at", 'missing: "breaching"', 'missing: "notBreaching"'],
  ]),
  ...plantedIn("modules/aws/certificate-manager.ts", [
    [
      "the state of certificates cannot be restored",
      "pointInTimeRecovery: { enabled: true }",
      "pointInTimeRecovery: { enabled: false }",
    ],
    [
      "the state of certificates is encrypted with AWS's own key",
      "serverSideEncryption: { enabled: true, kmsKeyArn: lookups.kmsKeyArn },",
      "",
    ],
    [
      "the state of certificates is deleted though it is protected",
      "deletionProtectionEnabled: props.deletionProtection",
      "deletionProtectionEnabled: false",
    ],
  ]),
  ...plantedIn("modules/aws/certificate-manager-permissions.ts", [
    [
      "the certificate-manager writes every record of the zone",
      '"ForAllValues:StringEquals": {',
      '"ForAllValues:StringLike": {',
    ],
    [
      "the certificate-manager writes records of every type",
      '"route53:ChangeResourceRecordSetsRecordTypes": ["TXT"],',
      "",
    ],
  ]),
  ...plantedIn("modules/aws/dns-sync.ts", [
    ["an older picture overwrites a newer one in the client record", "reservedConcurrency: 1,", ""],
    ["no healthy server empties the client record", 'const whenEmpty = "keep"', 'const whenEmpty = "delete"'],
  ]),
  ...plantedIn("modules/aws/client-record.ts", [
    ["each apply takes the servers out of the client record", 'lifecycle: { ignoreChanges: ["records", "ttl"] },', ""],
  ]),
  ...plantedIn("modules/aws/auth-callout.ts", [
    ["one responder is all there is", "Math.max(2, topology.identity.responders)", "topology.identity.responders"],
    ["the network sees who logs in", 'http: { host: "127.0.0.1", port }', "http: { port }"],
  ]),
  ...plantedIn("modules/aws/scaled-service.ts", [
    ["responders have public addresses", "assignPublicIp: false,", "assignPublicIp: true,"],
    [
      "responders stop before new ones run",
      "deploymentMinimumHealthyPercent: 100,",
      "deploymentMinimumHealthyPercent: 0,",
    ],
  ]),
  ...plantedIn("modules/aws/egress.ts", [
    ["endpoints of AWS are open to everybody", "cidrIpv4: cidr,", 'cidrIpv4: "0.0.0.0/0",'],
  ]),
  ...plantedIn("modules/aws/zone.ts", [
    ["a protected zone goes with all its records", "forceDestroy: !deletionProtection", "forceDestroy: true"],
  ]),
  ...plantedIn("modules/aws/server-alarms.ts", [
    ["nobody hears that streams take no writes", "Math.floor(servers / 2) + 1", "0"],
  ]),
];
