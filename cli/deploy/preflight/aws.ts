import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { isInFamily, stackPlan, type Topology } from "../../../model/topology";
import { awsLimits } from "../../../runtime/common/aws-limits";
import { checkPrerequisite, type Prerequisite } from "./prerequisite";

/** Credentials that AWS accepts, for environments with a cluster on AWS. */
export function awsPrerequisites(topology: Topology): Promise<Prerequisite>[] {
  const [region] = stackPlan(topology)
    .filter(isInFamily("aws"))
    .map((stack) => stack.region);
  if (region === undefined) return [];
  const get = "set credentials as for AWS's own tools";
  return [
    checkPrerequisite({ name: "AWS credentials", needed: "accepted by AWS", get }, async () => {
      const { Account, Arn } = await new STSClient({ ...awsLimits(), region }).send(new GetCallerIdentityCommand({}));
      return { ok: Account !== undefined, found: Arn ?? "" };
    }),
  ];
}
