/** How CloudTrail names who called, in its record. */
const issuer = (arn: readonly object[]) => ({ userIdentity: { sessionContext: { sessionIssuer: { arn } } } });

export interface CodeChangePatternProps {
  /** Start of the names of functions, services and task definitions. */
  prefix: string;
  ecsCluster: string;
  /** ARNs of the IAM roles that may change code. */
  deployRoleArns: readonly string[];
}

/**
 * Pattern of EventBridge for calls, in CloudTrail's words, that change what runs, by anybody but the roles that deploy.
 *
 * Names are read from the answer, since a caller may name a function or service by its ARN. A service that is only started
 * again, or given another number of tasks, runs what it ran: those calls are made by natsform's own programs and by scaling.
 */
export function codeChangePattern({ prefix, ecsCluster, deployRoleArns }: CodeChangePatternProps): object {
  const named = [{ prefix: `${prefix}-` }];
  const calls = [
    { eventName: [{ prefix: "UpdateFunctionCode" }], responseElements: { functionName: named } },
    // Another handler, layer or variable is other code too.
    { eventName: [{ prefix: "UpdateFunctionConfiguration" }], responseElements: { functionName: named } },
    // What was deleted can be made anew under its name, with other code.
    { eventName: [{ prefix: "CreateFunction" }], responseElements: { functionName: named } },
    { eventName: ["CreateService"], responseElements: { service: { serviceName: named } } },
    { eventName: ["RegisterTaskDefinition"], responseElements: { taskDefinition: { family: named } } },
    {
      eventName: ["UpdateService"],
      requestParameters: { taskDefinition: [{ exists: true }] },
      responseElements: { service: { serviceName: named } },
    },
    // A shell in a container. Which one is known by its ARN alone.
    { eventName: ["ExecuteCommand"], responseElements: { clusterArn: [{ suffix: `:cluster/${ecsCluster}` }] } },
  ];
  // A user, and the account's root, have no role that issued their session.
  const others = [issuer([{ "anything-but": deployRoleArns }]), issuer([{ exists: false }])];
  return {
    source: ["aws.lambda", "aws.ecs"],
    "detail-type": ["AWS API Call via CloudTrail"],
    detail: { $or: calls.flatMap((call) => others.map((other) => ({ ...call, ...other }))) },
  };
}
