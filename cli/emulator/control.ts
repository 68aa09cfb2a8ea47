import type { IncomingMessage } from "node:http";
import { z } from "zod";
import type { Parts } from "./parts";
import { type Answer, jsonAnswer } from "./proxy";

const Fault = z.strictObject({
  service: z.string().min(1),
  action: z.string().optional(),
  kind: z.enum(["throttle", "error", "reset"]),
  count: z.int().positive().optional(),
});
/** Selection of tasks: those of one service, or all. */
const Which = z.strictObject({ service: z.string().optional() });
const Stop = Which.extend({ hold: z.boolean().default(false) });
const Health = Which.extend({ health: z.enum(["HEALTHY", "UNHEALTHY"]) });
const Break = z.strictObject({ service: z.string().min(1), broken: z.boolean() });
const Crash = z.strictObject({ function: z.string().min(1), count: z.int().min(0) });
const Schedules = z.strictObject({ region: z.string().min(1) });

/** State of the emulator, as its API returns it. */
export type EmulatorState = ReturnType<typeof stateOf>;

/**
 * The emulator's own API, for tests and for events that otherwise need time; everything else is AWS's API. `GET state`;
 * `POST tasks/stop`, `tasks/release`, `tasks/health`, `tasks/break`, `faults`, `functions/crash`, `schedules/run`; `DELETE faults`.
 */
export async function control(message: IncomingMessage, body: string, parts: Parts): Promise<Answer> {
  const route = `${message.method} ${message.url?.slice("/_emulator/".length)}`;
  const input: unknown = body === "" ? {} : JSON.parse(body);
  const { services, tasks, faults, invoker, bus } = parts;
  const tasksOf = (service: string | undefined) => tasks.all().filter((task) => !service || task.service === service);
  switch (route) {
    case "GET state":
      return jsonAnswer(200, stateOf(parts));
    case "POST tasks/stop": {
      const { service, hold } = Stop.parse(input);
      for (const task of tasksOf(service)) {
        const key = { ...task, name: task.service };
        if (hold) services.hold(key);
        await tasks.stop(task, "Essential container in task exited");
        void services.reconcile(key);
      }
      return jsonAnswer(200, stateOf(parts));
    }
    case "POST tasks/release":
      await services.release();
      return jsonAnswer(200, stateOf(parts));
    case "POST tasks/health": {
      const { service, health } = Health.parse(input);
      for (const task of tasksOf(service)) await tasks.setHealth(task, health);
      return jsonAnswer(200, stateOf(parts));
    }
    case "POST tasks/break": {
      const { service, broken } = Break.parse(input);
      for (const key of services.keys().filter(({ name }) => name === service)) services.breakNew(key, broken);
      return jsonAnswer(200, stateOf(parts));
    }
    case "POST faults":
      faults.add(Fault.parse(input));
      return jsonAnswer(200, {});
    case "DELETE faults": {
      const met = faults.met;
      faults.clear();
      return jsonAnswer(200, { met });
    }
    case "POST functions/crash": {
      const crash = Crash.parse(input);
      invoker.crashNext(crash.function, crash.count);
      return jsonAnswer(200, {});
    }
    case "POST schedules/run":
      return jsonAnswer(200, { rules: await bus.runSchedules(Schedules.parse(input).region, "123456789012") });
    default:
      return jsonAnswer(404, { message: `the emulator has no ${route}` });
  }
}

const stateOf = ({ functions, invoker, services, tasks }: Parts) => ({
  /** True when every event has reached its function, and every service has its desired tasks or a failure. */
  idle: invoker.idle && services.idle,
  functions: functions.all().map(({ name, region }) => ({ name, region })),
  invocations: invoker.records,
  services: services.keys().map((key) => ({ ...key, failure: services.failure(key) })),
  tasks: tasks.all().map(({ arn, region, service, health, publicAddress, taskDefinition }) => ({
    arn,
    region,
    service,
    health,
    publicAddress,
    taskDefinition,
  })),
});
