import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { Construct } from "constructs";
import { json } from "../terraform/json";

/**
 * Permission: exact actions on exact resources. `*` stands only where AWS has no resource level, with the reason there.
 */
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
  /** Account that the service must act for: without this condition, other accounts could use the role. */
  accountId: string;
  statements: readonly Statement[];
}

/** A role, and its policy: resources that need the permissions at once depend on the policy. */
export interface Role {
  arn: string;
  permissions: IamRolePolicy;
}

/** A role without a permission: what it may do is added to it elsewhere. */
export interface EmptyRole {
  arn: string;
  name: string;
}

const assumedBy = (
  scope: Construct,
  id: string,
  { name, description, service, accountId }: Omit<RoleProps, "statements">,
) =>
  new IamRole(scope, id, {
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

export function emptyRole(scope: Construct, id: string, props: Omit<RoleProps, "statements">): EmptyRole {
  const { arn, name } = assumedBy(scope, id, props);
  return { arn, name };
}

/** A role that one service assumes, with all of its permissions. */
export function role(scope: Construct, id: string, props: RoleProps): Role {
  const { statements } = props;
  const made = assumedBy(scope, id, props);
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
