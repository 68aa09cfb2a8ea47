import type { JsonObject } from "../events/pattern";
import { type Answer, withBody } from "../proxy";
import { type AwsRequest, jsonBody } from "../request";
import type { RememberedSettings, ServiceKey, Services } from "./services";
import { idOf, type MotoTask, type Tasks, withHealth } from "./tasks";

interface EcsInput extends RememberedSettings {
  cluster?: string;
  service?: string;
  serviceName?: string;
  forceNewDeployment?: boolean;
  desiredStatus?: string;
  task?: string;
}

const keyOf = (
  region: string,
  { cluster = "default", service, serviceName = service ?? "" }: EcsInput,
): ServiceKey => ({
  region,
  cluster: idOf(cluster),
  name: idOf(serviceName),
});

/** Adds defaults of ECS that moto lacks. */
export function completeEcs(request: AwsRequest): AwsRequest {
  if (request.action !== "ListTasks") return request;
  const input = jsonBody<EcsInput>(request);
  return { ...request, body: Buffer.from(JSON.stringify({ desiredStatus: "RUNNING", ...input })) };
}

/** Adds tasks of services and health of tasks to moto's answer, and starts or stops tasks as the request demands. */
export async function followEcs(
  request: AwsRequest,
  answer: Answer,
  services: Services,
  tasks: Tasks,
): Promise<Answer> {
  if (answer.status >= 300) return answer;
  const input = jsonBody<EcsInput>(request);
  const key = keyOf(request.region, input);
  switch (request.action) {
    case "CreateService":
    case "UpdateService":
      services.remember(key, input);
      if (input.forceNewDeployment) services.renew(key);
      void services.reconcile(key);
      return answer;
    case "DeleteService":
      // Its network interfaces must be gone before the caller goes on to their subnets.
      await services.reconcile(key);
      return answer;
    case "RunTask": {
      const { tasks: started = [] } = JSON.parse(answer.body.toString("utf8")) as { tasks?: MotoTask[] };
      await Promise.all(started.map((task) => tasks.finish(key, task)));
      return answer;
    }
    case "StopTask": {
      const task = tasks.all().find(({ arn }) => idOf(arn) === idOf(input.task ?? ""));
      if (!task) return answer;
      await tasks.ended(task);
      void services.reconcile({ ...task, name: task.service });
      return answer;
    }
    case "ListTasks":
      return change(answer, (output) => ({
        ...output,
        taskArns: input.serviceName
          ? (output.taskArns as string[]).filter((arn) => tasks.find(arn)?.service === key.name)
          : output.taskArns,
      }));
    case "DescribeTasks":
      return change(answer, (output) => ({
        ...output,
        tasks: (output.tasks as JsonObject[]).map((described) => {
          const task = tasks.find(String(described.taskArn));
          return task ? withHealth(described, task) : described;
        }),
      }));
    case "DescribeServices":
      return change(answer, (output) => ({
        ...output,
        services: (output.services as JsonObject[]).map((service) => counted(service, request.region, services, tasks)),
      }));
    default:
      return answer;
  }
}

/** A service with the counts of its emulated tasks. While a deployment goes on, that of before is still listed. */
function counted(service: JsonObject, region: string, services: Services, tasks: Tasks): JsonObject {
  const own = { region, cluster: idOf(String(service.clusterArn)), name: String(service.serviceName) };
  const runningCount = tasks.of(own).length;
  const desired = Number(service.desiredCount);
  const counts = { runningCount, pendingCount: Math.max(0, desired - runningCount) };
  const open = services.rollsOut(own);
  const deployments: JsonObject[] = ((service.deployments ?? []) as JsonObject[]).map((deployment) => ({
    ...deployment,
    ...counts,
    desiredCount: desired,
    taskDefinition: service.taskDefinition,
    rolloutState: open || counts.pendingCount > 0 ? "IN_PROGRESS" : "COMPLETED",
  }));
  const [primary] = deployments;
  const before = open && primary ? [{ ...primary, id: `${primary.id}0`, status: "ACTIVE" }] : [];
  return { ...service, ...counts, deployments: [...deployments, ...before] };
}

const change = (answer: Answer, how: (output: JsonObject) => JsonObject): Answer =>
  withBody(answer, JSON.stringify(how(JSON.parse(answer.body.toString("utf8")) as JsonObject)));
