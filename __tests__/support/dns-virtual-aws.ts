import type { Task } from "@aws-sdk/client-ecs";
import type { Aws } from "../../runtime/dns-sync/aws";
import type { VirtualZone } from "./dns-virtual-zone";

/** A server's task as ECS would describe it. */
export interface VirtualTask {
  arn: string;
  service: string;
  lastStatus: string;
  desiredStatus: string;
  healthStatus: string;
  interfaceId: string;
}

/** What stands in the cloud at a moment; public addresses by interface. */
export interface Cloud {
  tasks: readonly VirtualTask[];
  addresses: ReadonlyMap<string, string>;
}

export interface VirtualAwsProps {
  /** Called by each request; says what it sees, and throws where it fails. */
  request: () => Cloud;
  /** Called when a request was carried out: throws where the answer is lost. */
  answer: () => void;
  zone: VirtualZone;
  /** ListTasks and DescribeNetworkInterfaces answer that many at a time. */
  pageSize: number;
}

/** AWS in memory, behind the program's own port. */
export function virtualAws({ request, answer, zone, pageSize }: VirtualAwsProps): Aws {
  const page = <Item>(items: readonly Item[], next = "0") => {
    const from = Number(next);
    const more = from + pageSize < items.length;
    return { items: items.slice(from, from + pageSize), next: more ? String(from + pageSize) : undefined };
  };
  return {
    retries: () => 0,
    async listTasks(service, next) {
      const { tasks } = request();
      const listed = tasks.filter((task) => task.service === service && task.desiredStatus === "RUNNING");
      return page(
        listed.map(({ arn }) => arn),
        next,
      );
    },
    async describeTasks(arns) {
      const { tasks } = request();
      return tasks.filter(({ arn }) => arns.includes(arn)).map(described);
    },
    async describeInterfaces(ids, next) {
      const { addresses } = request();
      const found = ids.filter((id) => addresses.has(id));
      return page(
        found.map((id) => ({ NetworkInterfaceId: id, Association: { PublicIp: addresses.get(id) } })),
        next,
      );
    },
    async listRecordSets(name, type) {
      request();
      return zone.list(name, type);
    },
    async changeRecord(name, change) {
      request();
      zone.change(name, change);
      answer();
    },
  };
}

/** Each is told apart by its object: one that changes is replaced. */
const descriptions = new WeakMap<VirtualTask, Task>();
function described(task: VirtualTask): Task {
  const known = descriptions.get(task) ?? describe(task);
  descriptions.set(task, known);
  return known;
}

function describe({ arn, service, interfaceId, ...statuses }: VirtualTask): Task {
  const details = [{ name: "networkInterfaceId", value: interfaceId }];
  return {
    ...statuses,
    healthStatus: statuses.healthStatus as Task["healthStatus"],
    taskArn: arn,
    group: `service:${service}`,
    attachments: [{ type: "ElasticNetworkInterface", details }],
  };
}
