import { tokensOf } from "../../runtime/subjects/spec";
import { type EnvironmentRule, streamViews } from "./context";
import { duration } from "./units";

/** Settings of one stream that nats-server refuses, or that leave it less safe than it looks. */

const r1: EnvironmentRule = {
  id: "stream-r1",
  severity: "warning",
  title: "A stream has a single copy in a cluster that could keep three",
  reason: "It stands still whenever its server does, at every roll too, and is lost with that server's disk.",
  fix: "use 3 replicas, or acknowledge this with the reason why it may be down and lost",
  check: (context) =>
    streamViews(context)
      .filter(({ stream, candidates }) => stream.replicas === 1 && candidates.length >= 3)
      .map(({ stream, at }) => ({ at: at("replicas"), message: `${stream.name} is R1` })),
};

const r2: EnvironmentRule = {
  id: "stream-r2",
  severity: "warning",
  title: "A stream has two replicas",
  reason:
    "Two replicas have a quorum of two: the loss of either server stops the stream, so it is down more often than R1. NATS's documentation advises against R2.",
  fix: "use 3 replicas",
  check: (context) =>
    streamViews(context)
      .filter(({ stream }) => stream.replicas === 2)
      .map(({ stream, at }) => ({ at: at("replicas"), message: `${stream.name} is R2 and needs both of its servers` })),
};

const r4: EnvironmentRule = {
  id: "stream-r4",
  severity: "warning",
  title: "A stream has four replicas",
  reason: "It survives the loss of one server, as R3 does, and writes every message once more.",
  fix: "use 3 or 5 replicas",
  check: (context) =>
    streamViews(context)
      .filter(({ stream }) => stream.replicas === 4)
      .map(({ stream, at }) => ({ at: at("replicas"), message: `${stream.name} is R4 and survives no more than R3` })),
};

const unbounded: EnvironmentRule = {
  id: "stream-unbounded",
  severity: "warning",
  title: "Nothing ends the growth of a stream",
  reason:
    "It grows until JetStream's store is full, and then every stream of the server refuses messages. Where the disk itself is full JetStream switches off and stays off (measured on 2.14.5).",
  fix: "set maxAge or maxBytes",
  check: (context) =>
    streamViews(context)
      .filter(({ stream: { maxAgeMs, maxBytes, maxMessages, maxMessagesPerSubject, subjects } }) => {
        // A limit for each subject ends nothing while there may be ever more subjects.
        const open = subjects.some((subject) => tokensOf(subject).some((token) => token === "*" || token === ">"));
        return !maxAgeMs && !maxBytes && !maxMessages && (!maxMessagesPerSubject || open);
      })
      .map(({ stream, at }) => ({ at: at("maxBytes"), message: `${stream.name} has no maxAge and no maxBytes` })),
};

const times: EnvironmentRule = {
  id: "stream-times-refused",
  severity: "error",
  impossible: true,
  title: "nats-server refuses the times of a stream",
  reason:
    "The window in which duplicates are recognized must not be longer than messages are kept, and neither may be shorter than 100 ms. The window is 2 minutes unless it is set.",
  fix: "set duplicateWindow to maxAge or less",
  check: (context) =>
    streamViews(context).flatMap(({ stream, at }) => {
      const { name, maxAgeMs: age, duplicateWindowMs: window } = stream;
      if (age && age < 100) {
        return [{ at: at("maxAge"), message: `${name} keeps messages for ${age} ms`, fix: "use at least 100ms" }];
      }
      if (window > 0 && window < 100) {
        const message = `${name} recognizes duplicates for ${window} ms`;
        return [{ at: at("duplicateWindow"), message, fix: "use at least 100ms" }];
      }
      if (!age || window <= age) return [];
      const message = `${name} recognizes duplicates for ${duration(window)} and keeps messages for ${duration(age)}`;
      return [{ at: at("duplicateWindow"), message }];
    }),
};

const rollup: EnvironmentRule = {
  id: "rollup-needs-purge",
  severity: "error",
  impossible: true,
  title: "A stream allows roll-ups and denies purges",
  reason: "A roll-up is a purge: nats-server refuses the stream.",
  fix: "set denyPurge or allowRollup to false",
  check: (context) =>
    streamViews(context)
      .filter(({ stream }) => stream.allowRollup && stream.denyPurge)
      .map(({ stream, at }) => ({ at: at("allowRollup"), message: `${stream.name} has allowRollup and denyPurge` })),
};

const asyncRefused: EnvironmentRule = {
  id: "persist-async-refused",
  severity: "error",
  impossible: true,
  title: "Persist mode async on a stream that cannot have it",
  reason: "nats-server accepts it for file streams with one replica alone.",
  fix: 'set persistMode to "default"',
  check: (context) =>
    streamViews(context)
      .filter(({ stream }) => stream.persistMode === "async" && (stream.replicas > 1 || stream.storage === "memory"))
      .map(({ stream, at }) => ({
        at: at("persistMode"),
        message: `${stream.name} is a ${stream.storage} stream with ${stream.replicas} replicas`,
      })),
};

const noConsumer: EnvironmentRule = {
  id: "interest-without-consumer",
  severity: "warning",
  title: "A stream of interest retention has no consumer",
  reason:
    "Such a stream keeps a message only while some consumer still wants it: with none it acknowledges every message and drops it.",
  fix: "declare its consumers here, so that they exist before the first message",
  check: (context) =>
    streamViews(context)
      .filter(({ stream }) => stream.retention === "interest" && stream.consumers.length === 0)
      .map(({ stream, at }) => ({
        at: at("consumers"),
        message: `${stream.name} drops messages until a consumer exists`,
      })),
};

export const streamRules: readonly EnvironmentRule[] = [r1, r2, r4, unbounded, times, rollup, asyncRefused, noConsumer];
