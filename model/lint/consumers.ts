import { covers, overlaps } from "../../runtime/subjects/spec";
import type { ConsumerTopology } from "../topology";
import { type EnvironmentRule, type LintContext, type StreamView, streamViews } from "./context";
import type { Hit } from "./rule";

/** Consumers that nats-server refuses, or that would never receive anything. */

const each =
  (check: (consumer: ConsumerTopology, view: StreamView, at: StreamView["at"], index: number) => Hit[]) =>
  (context: LintContext) =>
    streamViews(context).flatMap((view) =>
      view.stream.consumers.flatMap((consumer, c) =>
        check(consumer, view, (...path) => view.at("consumers", c, ...path), c),
      ),
    );

const outside: EnvironmentRule = {
  id: "consumer-filter-outside",
  severity: "error",
  title: "A consumer filters for a subject that its stream does not take",
  reason: "nats-server accepts the consumer, and it waits for ever.",
  fix: "filter for something that the stream takes",
  check: each(({ name, filterSubjects }, { stream }, at) =>
    filterSubjects.flatMap((filter, f) =>
      stream.subjects.some((subject) => overlaps(subject, filter))
        ? []
        : [
            {
              at: at("filterSubjects", f),
              message: `${name} waits for ${filter}; ${stream.name} takes ${stream.subjects.join(", ")}`,
            },
          ],
    ),
  ),
};

const filtersOverlap: EnvironmentRule = {
  id: "consumer-filters-overlap",
  severity: "error",
  impossible: true,
  title: "One filter of a consumer contains another",
  reason: "nats-server refuses it: consumer subject filters cannot overlap.",
  fix: "keep the wider filter alone",
  check: each(({ name, filterSubjects }, _, at) =>
    filterSubjects.flatMap((filter, f) => {
      const other = filterSubjects.slice(0, f).find((earlier) => covers(earlier, filter) || covers(filter, earlier));
      return other === undefined
        ? []
        : [{ at: at("filterSubjects", f), message: `${name}: ${filter} overlaps with ${other}` }];
    }),
  ),
};

const lastPerSubject: EnvironmentRule = {
  id: "last-per-subject-unfiltered",
  severity: "error",
  impossible: true,
  title: "A consumer starts at the last message of each subject and has no filter",
  reason: "nats-server refuses deliver policy last_per_subject without a filter.",
  fix: 'set filterSubjects, for example to the subjects of the stream or ">"',
  check: each(({ name, deliverPolicy, filterSubjects }, _, at) =>
    deliverPolicy === "last_per_subject" && filterSubjects.length === 0
      ? [{ at: at("filterSubjects"), message: `${name} is last_per_subject without a filter` }]
      : [],
  ),
};

const replicas: EnvironmentRule = {
  id: "consumer-replicas-mismatch",
  severity: "error",
  impossible: true,
  title: "A consumer of an interest or workqueue stream has other replicas than the stream",
  reason:
    "The stream deletes a message when its consumers are done with it, so both must be held by the same servers: nats-server refuses it.",
  fix: "leave the replicas of the consumer out",
  check: each(({ name, replicas: own }, { stream }, at) =>
    stream.retention !== "limits" && own !== undefined && own !== stream.replicas
      ? [
          {
            at: at("replicas"),
            message: `${name} is R${own}; ${stream.retention} stream ${stream.name} is R${stream.replicas}`,
          },
        ]
      : [],
  ),
};

const workqueuePolicy: EnvironmentRule = {
  id: "workqueue-consumer-policy",
  severity: "error",
  impossible: true,
  title: "A consumer of a workqueue does not acknowledge explicitly from the start",
  reason:
    "A workqueue deletes what was acknowledged, so each message must be delivered and acknowledged by itself: nats-server refuses other policies.",
  fix: 'set ackPolicy to "explicit" and deliverPolicy to "all"',
  check: each(({ name, ackPolicy, deliverPolicy }, { stream }, at) => {
    if (stream.retention !== "workqueue") return [];
    if (ackPolicy !== "explicit") return [{ at: at("ackPolicy"), message: `${name} has ackPolicy ${ackPolicy}` }];
    return deliverPolicy === "all"
      ? []
      : [{ at: at("deliverPolicy"), message: `${name} has deliverPolicy ${deliverPolicy}` }];
  }),
};

const workqueueOverlap: EnvironmentRule = {
  id: "workqueue-consumers-overlap",
  severity: "error",
  impossible: true,
  title: "Two consumers of a workqueue have overlapping filters",
  reason: "Each message of a workqueue is for one consumer: nats-server refuses the second one.",
  fix: "give them filters that do not overlap, or let the programs share one consumer",
  check: each(({ name, filterSubjects }, { stream }, at, index) => {
    if (stream.retention !== "workqueue") return [];
    const filtersOf = (consumer: ConsumerTopology) =>
      consumer.filterSubjects.length > 0 ? consumer.filterSubjects : [">"];
    const rival = stream.consumers
      .slice(0, index)
      .find((earlier) =>
        filtersOf(earlier).some((a) => filtersOf({ ...earlier, filterSubjects }).some((b) => overlaps(a, b))),
      );
    return rival ? [{ at: at("filterSubjects"), message: `${name} and ${rival.name} have overlapping filters` }] : [];
  }),
};

export const consumerRules: readonly EnvironmentRule[] = [
  outside,
  filtersOverlap,
  lastPerSubject,
  replicas,
  workqueuePolicy,
  workqueueOverlap,
];
