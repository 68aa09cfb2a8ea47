import { join } from "node:path";
import type { Aws } from "./aws";
import { CertificateKeys } from "./certificate-keys";
import { Services } from "./ecs/services";
import { Tasks } from "./ecs/tasks";
import { EventBus } from "./events/bus";
import { Faults } from "./faults";
import { Functions } from "./lambda/functions";
import type { InvocationProps } from "./lambda/invocation";
import { Invoker } from "./lambda/invoker";
import { ScalingTags } from "./scaling-tags";

/** Parts of the emulator besides moto: the endpoint passes requests to them. */
export interface Parts {
  functions: Functions;
  invoker: Invoker;
  bus: EventBus;
  services: Services;
  tasks: Tasks;
  faults: Faults;
  scalingTags: ScalingTags;
  certificateKeys: CertificateKeys;
}

export interface PartsProps extends InvocationProps {
  /** Folder of the unpacked functions and their logs. */
  folder: string;
  log(line: string): void;
}

/** Builds the parts, each with those that it calls; nothing runs until a request comes. */
export function buildParts(aws: Aws, { folder, log, ...invocation }: PartsProps): Parts {
  const functions = new Functions(join(folder, "functions"), aws);
  const invoker = new Invoker(aws, { ...invocation, logs: join(folder, "logs") });
  const bus = new EventBus(aws, functions, invoker, log);
  const tasks = new Tasks(aws, bus);
  const services = new Services(aws, tasks, log);
  const kept = { scalingTags: new ScalingTags(), certificateKeys: new CertificateKeys() };
  return { functions, invoker, bus, services, tasks, faults: new Faults(), ...kept };
}
