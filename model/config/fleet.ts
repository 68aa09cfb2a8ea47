import { z } from "zod";
import { pinnedImage } from "./images";
import { consumerOfStream, duration, label, matching, size } from "./scalars";

/** A file of the project, by its path from the project's folder. */
const file = matching(
  /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\0\s]+$/,
  "must be the path of a file below the project's folder",
);

const argument = z.string().max(1024);

/** What is executed: built by natsform, or an image that exists. */
const code = z.discriminatedUnion("kind", [
  /** A program in JavaScript or TypeScript, bundled into one file and laid on the base image of natsform's own programs. */
  z.strictObject({ kind: z.literal("node"), entry: file }),
  /** A static binary for Linux, alone in its image; the twin runs that of this machine's processor. */
  z.strictObject({ kind: z.literal("binary"), amd64: file, arm64: file.optional() }),
  /** An image by tag and digest. */
  z.strictObject({
    kind: z.literal("image"),
    image: pinnedImage,
    /** Program and arguments that the twin runs in the project's folder, where no images run. Without it the twin leaves the service out. */
    local: z.array(argument).min(1).optional(),
  }),
]);

/** Name of a variable; those that begin with `NATS_` are natsform's. */
const variable = matching(/^(?!NATS_)[A-Z_][A-Z0-9_]{0,63}$/, "must be UPPER_SNAKE, and not begin with NATS_");

const scale = z.strictObject({
  /** Most processes at once; `count` is the least. */
  most: z.int().min(1).max(1000),
  /** Load of the CPU, in percent, that processes come and go for. */
  cpu: z.int().min(10).max(90).default(60),
  /** Messages that wait in a consumer, beside the load of the CPU. */
  backlog: z
    .strictObject({
      /** One of those that the service uses. */
      consumer: consumerOfStream,
      /** Messages that wait for each process. */
      perProcess: z.int().min(1).max(1e9),
    })
    .optional(),
});

/** How a service is run beside a cluster's servers. */
export const runs = z.strictObject({
  /** Cluster that it connects to and runs beside. Default: the only one. */
  cluster: label.optional(),
  code,
  /** Arguments of the program. */
  arguments: z.array(argument).default([]),
  /** Variables beside those of its connection. They are in clear wherever they are kept: a secret is none of them. */
  variables: z.record(variable, z.string().max(4096)).default({}),
  /** Processes of it; in the twin there is one, where it is not 0. */
  count: z.int().min(0).max(1000).default(2),
  /** Lets the number of processes follow what there is to do. */
  scale: scale.optional(),
  /** CPU units (1024 = one vCPU). */
  cpu: z.int().min(256).max(16384).default(256),
  memory: size.prefault("512MiB"),
  /**
   * Program in its image that ends with 0 while a process of the service works, with its arguments. Where it fails three times in
   * a row, ECS and Kubernetes start that process anew. Without it, one that runs is well. The twin does not ask.
   */
  healthCheck: z
    .strictObject({
      command: z.array(argument).min(1),
      /** Time from one to the next. */
      every: duration
        .refine((ms) => ms >= 5000 && ms <= 300_000 && ms % 1000 === 0, "must be whole seconds from 5s to 300s")
        .prefault("30s"),
    })
    .optional(),
  /** Time between the request to stop, SIGTERM, and the end by force. The client library drains for 20 seconds. */
  stopTimeout: duration
    .refine((ms) => ms >= 1000 && ms <= 120_000 && ms % 1000 === 0, "must be whole seconds from 1s to 120s")
    .prefault("30s"),
});
export type Runs = z.output<typeof runs>;
