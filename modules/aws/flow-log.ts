import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { FlowLog } from "@cdktf/provider-aws/lib/flow-log";
import { Construct } from "constructs";
import { role } from "./policy";

export interface VpcFlowLogProps {
  name: string;
  logGroup: string;
  retentionDays: number;
  kmsKeyArn: string;
  vpcId: string;
  accountId: string;
}

/** Connections that security groups refused: signs of a wrong rule, or of an attack. */
export class VpcFlowLog extends Construct {
  constructor(scope: Construct, id: string, props: VpcFlowLogProps) {
    super(scope, id);
    const group = new CloudwatchLogGroup(this, "log", {
      name: props.logGroup,
      retentionInDays: props.retentionDays,
      kmsKeyId: props.kmsKeyArn,
    });
    const { arn, permissions } = role(this, "role", {
      name: `${props.name}-flow-log`,
      description: "The VPC writes its flow log",
      service: "vpc-flow-logs.amazonaws.com",
      accountId: props.accountId,
      statements: [
        {
          Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
          Resource: [group.arn, `${group.arn}:*`],
        },
      ],
    });
    new FlowLog(this, "flow-log", {
      vpcId: props.vpcId,
      trafficType: "REJECT",
      logDestinationType: "cloud-watch-logs",
      logDestination: group.arn,
      iamRoleArn: arn,
      dependsOn: [permissions],
    });
  }
}
