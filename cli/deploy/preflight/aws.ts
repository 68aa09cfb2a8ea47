import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { awsRegions, type ClusterTopology, type Topology } from "../../../model/topology";
import { type Need, need } from "./need";

const isOnEcs = ({ platform }: ClusterTopology) => platform.kind === "aws-ecs";

/** Credentials that AWS knows, where there is a cluster on AWS. */
export function awsNeeds(topology: Topology): Promise<Need>[] {
  const [region] = awsRegions({ ...topology, clusters: topology.clusters.filter(isOnEcs) });
  if (region === undefined) return [];
  const get = "give credentials as AWS's tools expect them";
  return [
    need({ name: "AWS credentials", needed: "that AWS knows", get }, async () => {
      const { Account, Arn } = await new STSClient({ region }).send(new GetCallerIdentityCommand({}));
      return { ok: Account !== undefined, found: Arn ?? "" };
    }),
  ];
}
