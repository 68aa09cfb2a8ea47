import type { NetworkInterface } from "@aws-sdk/client-ec2";
import type { Task } from "@aws-sdk/client-ecs";

/** Tasks of these services whose server takes clients: running, healthy, and not asked to stop. */
export function healthyTasks(tasks: readonly Task[], services: readonly string[]): Task[] {
  // By group too: for what becomes public, a list that is filtered by service alone is not relied on.
  const groups = new Set(services.map((service) => `service:${service}`));
  return tasks.filter(
    ({ group, lastStatus, desiredStatus, healthStatus }) =>
      groups.has(group ?? "") &&
      lastStatus === "RUNNING" &&
      // A server in lame duck mode stays healthy until it ends, but sends its clients away.
      desiredStatus === "RUNNING" &&
      healthStatus === "HEALTHY",
  );
}

/** Ids of a task's network interfaces. */
export function interfaceIds({ attachments = [] }: Task): string[] {
  return attachments
    .filter(({ type }) => type === "ElasticNetworkInterface")
    .flatMap(({ details = [] }) => details)
    .flatMap(({ name, value }) => (name === "networkInterfaceId" && value ? [value] : []));
}

/** The IPv4 address that clients reach the interface by; none when it has no public one. */
export function addressOf(networkInterface: NetworkInterface, kind: "public" | "private"): string | undefined {
  return kind === "public" ? networkInterface.Association?.PublicIp : networkInterface.PrivateIpAddress;
}
