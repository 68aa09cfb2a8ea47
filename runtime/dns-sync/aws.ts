import { DescribeNetworkInterfacesCommand, type EC2Client, type NetworkInterface } from "@aws-sdk/client-ec2";
import { DescribeTasksCommand, type ECSClient, ListTasksCommand, type Task } from "@aws-sdk/client-ecs";
import {
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  type Route53Client,
} from "@aws-sdk/client-route-53";
import type { DnsSyncActionName } from "./contract";
import type { Page } from "./pages";
import type { RecordChange } from "./record";

/** Requests of the program to AWS. Each may fail; then it is not known whether it took effect. */
export interface Aws {
  /** ARNs of the tasks that are to run for this service; none when there is no such service. */
  listTasks(service: string, next?: string): Promise<Page<string>>;
  /** At most 100 at a time. Tasks that are gone are left out. */
  describeTasks(arns: string[]): Promise<readonly Task[]>;
  /** At most 200 at a time. Interfaces that are gone are left out. */
  describeInterfaces(ids: string[], next?: string): Promise<Page<NetworkInterface>>;
  /** The record sets of the zone in its order, from this name and type on: the first one. Pending changes are in it. */
  listRecordSets(name: string, type: "A" | "TXT"): Promise<readonly ResourceRecordSet[]>;
  changeRecord(name: string, change: RecordChange): Promise<void>;
  /** Requests that were sent again, so far. */
  retries(): number;
}

export interface AwsProps {
  ecs: ECSClient;
  ec2: EC2Client;
  route53: Route53Client;
  ecsCluster: string;
  hostedZoneId: string;
  /** Ends what is under way. */
  abortSignal: AbortSignal;
}

/** A request failed for good; the message starts with its action, as in IAM. */
export class AwsError extends Error {
  override readonly name = "AwsError";
  constructor(
    action: DnsSyncActionName,
    override readonly cause: unknown,
  ) {
    super(`${action}: ${cause}`);
  }
}

interface Answered {
  $metadata?: { attempts?: number };
}

/** AWS itself, for one invocation. */
export function connectAws({ ecs, ec2, route53, ecsCluster, hostedZoneId, abortSignal }: AwsProps): Aws {
  const options = { abortSignal };
  let retries = 0;
  const count = ({ $metadata }: Answered) => {
    retries += Math.max(0, ($metadata?.attempts ?? 1) - 1);
  };
  const counted = async <Answer extends Answered>(action: DnsSyncActionName, request: Promise<Answer>) => {
    try {
      const answer = await request;
      count(answer);
      return answer;
    } catch (error) {
      count(error as Answered);
      throw new AwsError(action, error);
    }
  };
  return {
    retries: () => retries,

    async listTasks(serviceName, nextToken) {
      const input = { cluster: ecsCluster, serviceName, desiredStatus: "RUNNING", nextToken } as const;
      try {
        const { taskArns = [], nextToken: next } = await counted(
          "ecs:ListTasks",
          ecs.send(new ListTasksCommand(input), options),
        );
        return { items: taskArns, next };
      } catch (error) {
        // The services of a cluster are made one after another, and the first one's tasks already cause events.
        if (error instanceof AwsError && (error.cause as Error).name === "ServiceNotFoundException")
          return { items: [] };
        throw error;
      }
    },

    async describeTasks(tasks) {
      const command = new DescribeTasksCommand({ cluster: ecsCluster, tasks });
      const answer = await counted("ecs:DescribeTasks", ecs.send(command, options));
      const failure = answer.failures?.find(({ reason }) => reason !== "MISSING");
      if (failure) throw new AwsError("ecs:DescribeTasks", failure.reason);
      return answer.tasks ?? [];
    },

    async describeInterfaces(ids, NextToken) {
      // By a filter: a list of ids is refused as a whole when one of them has just gone.
      const Filters = [{ Name: "network-interface-id", Values: ids }];
      const command = new DescribeNetworkInterfacesCommand({ Filters, NextToken });
      const answer = await counted("ec2:DescribeNetworkInterfaces", ec2.send(command, options));
      return { items: answer.NetworkInterfaces ?? [], next: answer.NextToken };
    },

    async listRecordSets(StartRecordName, StartRecordType) {
      const input = { HostedZoneId: hostedZoneId, StartRecordName, StartRecordType, MaxItems: 1 };
      const request = route53.send(new ListResourceRecordSetsCommand(input), options);
      return (await counted("route53:ListResourceRecordSets", request)).ResourceRecordSets ?? [];
    },

    async changeRecord(Name, { action: Action, addresses, ttlSeconds: TTL }) {
      const ResourceRecords = addresses.map((Value) => ({ Value }));
      const ChangeBatch = {
        Changes: [{ Action, ResourceRecordSet: { Name, Type: "A" as const, TTL, ResourceRecords } }],
      };
      const input = { HostedZoneId: hostedZoneId, ChangeBatch };
      const request = route53.send(new ChangeResourceRecordSetsCommand(input), options);
      await counted("route53:ChangeResourceRecordSets", request);
    },
  };
}
