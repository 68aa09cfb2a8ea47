import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { isInFamily, stackPlan, type Topology } from "../../../model/topology";
import { type Need, need } from "./need";

/** Credentials that AWS knows, where there is a cluster on AWS. */
export function awsNeeds(topology: Topology): Promise<Need>[] {
  const [region] = stackPlan(topology)
    .filter(isInFamily("aws"))
    .map((stack) => stack.region);
  if (region === undefined) return [];
  const get = "give credentials as AWS's tools expect them";
  return [
    need({ name: "AWS credentials", needed: "that AWS knows", get }, async () => {
      const { Account, Arn } = await new STSClient({ region }).send(new GetCallerIdentityCommand({}));
      return { ok: Account !== undefined, found: Arn ?? "" };
    }),
  ];
}
