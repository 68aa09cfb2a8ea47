import { isOnEcs, platformModel } from "../topology";
import { type EnvironmentRule, pathText } from "./context";
import type { Hit } from "./rule";
import { bytes } from "./units";

/** Checks that servers have the memory that they are configured to use. */

const gib = 2 ** 30;
/** Share of the memory that nats-server takes for the memory store by default. */
const storeShare = 0.75;

const store: EnvironmentRule = {
  id: "memory-store-exceeds-memory",
  severity: "error",
  title: "The memory store leaves no room for the server",
  reason:
    "Connections, caches of the file store and the heap's garbage need memory as well; nats-server itself takes 75% at most. Beyond it the server is killed when its streams fill up.",
  fix: "keep jetstream.memory at 75% of the server's memory or less",
  check: ({ topology }) =>
    topology.clusters.flatMap(({ name, platform, jetstream }) => {
      const memory = platformModel(platform).memoryBytes(platform);
      return jetstream && memory !== undefined && jetstream.memoryBytes > memory * storeShare
        ? [
            {
              at: pathText("clusters", name, "jetstream", "memory"),
              message: `${bytes(jetstream.memoryBytes)} of memory store on a server with ${bytes(memory)}`,
            },
          ]
        : [];
    }),
};

/** Fargate's table: least and most memory in GiB, and the step, by CPU units. */
const fargate: Record<number, { least: number; most: number; step: number }> = {
  256: { least: 0.5, most: 2, step: 1 },
  512: { least: 1, most: 4, step: 1 },
  1024: { least: 2, most: 8, step: 1 },
  2048: { least: 4, most: 16, step: 1 },
  4096: { least: 8, most: 30, step: 1 },
  8192: { least: 16, most: 60, step: 4 },
  16384: { least: 32, most: 120, step: 8 },
};

const fargateSize: EnvironmentRule = {
  id: "fargate-size",
  severity: "error",
  impossible: true,
  title: "Fargate has no task of this size",
  reason:
    "AWS offers certain pairs of CPU and memory and refuses the task definition of any other, in the middle of an apply.",
  fix: "choose a pair of Fargate's table",
  check: ({ topology }) =>
    topology.clusters
      .filter(isOnEcs)
      .flatMap(({ name, platform, fleet }) => [
        ...taskSize(platform.cpu, platform.memory, (key) => pathText("clusters", name, "platform", key)),
        ...fleet.flatMap(({ name, cpu, memoryBytes }) =>
          taskSize(cpu, memoryBytes, (key) => pathText("identity", "services", name, "runs", key)),
        ),
      ]),
};

function taskSize(cpu: number, memory: number, at: (key: "cpu" | "memory") => string): Hit[] {
  const row = fargate[cpu];
  if (!row)
    return [{ at: at("cpu"), message: `${cpu} CPU units`, fix: `use one of ${Object.keys(fargate).join(", ")}` }];
  const size = memory / gib;
  const offered = size === row.least || (size >= row.least && size <= row.most && size % row.step === 0);
  return offered
    ? []
    : [
        {
          at: at("memory"),
          message: `${bytes(memory)} with ${cpu} CPU units`,
          fix: `use ${row.least} to ${row.most} GiB in steps of ${row.step}`,
        },
      ];
}

export const memoryRules: readonly EnvironmentRule[] = [store, fargateSize];
