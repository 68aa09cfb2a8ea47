import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { Construct } from "constructs";
import { json } from "../terraform/json";

/** What is allowed: exact actions on exact resources. `*` stands only where AWS has no resource level, with the reason beside it. */
export interface Statement {
  Action: string | readonly string[];
  Resource: string | readonly string[];
  Condition?: Record<string, Record<string, string | readonly string[]>>;
}

export interface RoleProps {
  name: string;
  description: string;
  /** Service that assumes it, for example `ecs-tasks.amazonaws.com`. */
  service: string;
  /** Condition on who that service acts for: without one, it could be lent to strangers. */
  accountId: string;
  statements: readonly Statement[];
}

/** A role, and what it may do: whoever needs that at once, depends on it. */
export interface Role {
  arn: string;
  permissions: IamRolePolicy;
}

/** A role that one service assumes, with everything it may do. */
export function role(scope: Construct, id: string, props: RoleProps): Role {
  const { name, description, service, accountId, statements } = props;
  const made = new IamRole(scope, id, {
    name,
    description,
    assumeRolePolicy: policy([
      {
        Principal: { Service: service },
        Action: "sts:AssumeRole",
        Condition: { StringEquals: { "aws:SourceAccount": accountId } },
      },
    ]),
  });
  const used = statements.filter(({ Resource }) => Resource.length > 0);
  const permissions = new IamRolePolicy(scope, `${id}-policy`, {
    name: "permissions",
    role: made.name,
    policy: policy(used),
  });
  return { arn: made.arn, permissions };
}

const policy = (statements: readonly object[]) =>
  json({ Version: "2012-10-17", Statement: statements.map((statement) => ({ Effect: "Allow", ...statement })) });
