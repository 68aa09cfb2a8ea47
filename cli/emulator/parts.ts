import { join } from "node:path";
import type { Aws } from "./aws";
import { Services } from "./ecs/services";
import { Tasks } from "./ecs/tasks";
import { EventBus } from "./events/bus";
import { Faults } from "./faults";
import { Functions } from "./lambda/functions";
import type { InvocationProps } from "./lambda/invocation";
import { Invoker } from "./lambda/invoker";
import { ScalingTags } from "./scaling-tags";

/** What the emulator does beside moto: the endpoint sends requests to it. */
export interface Parts {
  functions: Functions;
  invoker: Invoker;
  bus: EventBus;
  services: Services;
  tasks: Tasks;
  faults: Faults;
  scalingTags: ScalingTags;
}

export interface PartsProps extends InvocationProps {
  /** Where functions are unpacked and their logs are kept. */
  folder: string;
  log(line: string): void;
}

/** Each part is given those that it calls; nothing runs until a request comes. */
export function buildParts(aws: Aws, { folder, log, ...invocation }: PartsProps): Parts {
  const functions = new Functions(join(folder, "functions"), aws);
  const invoker = new Invoker(aws, { ...invocation, logs: join(folder, "logs") });
  const bus = new EventBus(aws, functions, invoker, log);
  const tasks = new Tasks(aws, bus);
  const services = new Services(aws, tasks, log);
  return { functions, invoker, bus, services, tasks, faults: new Faults(), scalingTags: new ScalingTags() };
}
