import { ListHostedZonesByNameCommand, ListResourceRecordSetsCommand, Route53Client } from "@aws-sdk/client-route-53";
import { awsClusterNames, isOnEcs } from "../../../model/topology";
import { checkRow, type DeployRow } from "../../core/rows";
import { clientConfig, type DeployTarget } from "../target";
import type { CheckedCluster } from "./checked-cluster";
import { addressesOf, tasksOf } from "./tasks";

/** The client record lists exactly the addresses of the cluster's healthy servers. */
export async function checkRecord(target: DeployTarget, { cluster, region }: CheckedCluster): Promise<DeployRow[]> {
  const name = cluster.certificates.find(({ id }) => id === "public")?.names[0];
  if (!name || !isOnEcs(cluster)) return [];
  const { platform } = cluster;
  return [
    await checkRow("record", name, async () => {
      const names = awsClusterNames(target.environment.name, cluster.name);
      const services = cluster.servers.map((server) => names.service(server.name));
      const tasks = (await Promise.all(services.map((service) => tasksOf(target, region, service)))).flat();
      const healthy = tasks.filter(
        ({ healthStatus, lastStatus }) => healthStatus === "HEALTHY" && lastStatus === "RUNNING",
      );
      const desired = await addressesOf(target, region, healthy, platform.access === "vpc" ? "private" : "public");
      const listed = await addressRecord(target, region, platform.domain, name);
      const ok = desired.length > 0 && desired.join() === listed.join();
      return {
        ok,
        seen: ok ? listed.join(", ") : `lists ${listed.join(", ") || "nothing"}, not ${desired.join(", ")}`,
      };
    }),
  ];
}

/** Addresses of an A record of the zone, sorted. */
export async function addressRecord(
  target: DeployTarget,
  region: string,
  domain: string,
  name: string,
): Promise<string[]> {
  const client = new Route53Client(clientConfig(target, region));
  const { HostedZones = [] } = await client.send(new ListHostedZonesByNameCommand({ DNSName: domain }));
  const zone = HostedZones.find((zone) => zone.Name === `${domain}.` && !zone.Config?.PrivateZone);
  if (!zone) return [];
  const { ResourceRecordSets = [] } = await client.send(
    new ListResourceRecordSetsCommand({
      HostedZoneId: zone.Id,
      StartRecordName: name,
      StartRecordType: "A",
      MaxItems: 1,
    }),
  );
  const found = ResourceRecordSets.find((set) => set.Name === `${name}.` && set.Type === "A");
  return (found?.ResourceRecords ?? []).flatMap(({ Value }) => (Value ? [Value] : [])).sort();
}
