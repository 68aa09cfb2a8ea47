import { isOnKubernetes } from "../../topology";
import { lossNow } from "../live";
import type { ReviewInput } from "../model";
import type { ReviewRule } from "../rule";

const notInOneStep: ReviewRule = {
  id: "not-in-one-step",
  severity: "error",
  impossible: true,
  title: "No single step leads there",
  reason:
    "Servers refuse it one after another, or no longer find what they store: half of such a change is a cluster in two parts.",
  fix: "take the steps one by one",
  check: ({ change }) => change.forbidden.map(({ at, message, steps }) => ({ at, message, fix: steps })),
};

const dataLost: ReviewRule = {
  id: "data-lost",
  severity: "error",
  title: "Messages or positions of consumers are lost",
  reason:
    "Servers delete what is beyond a limit in the moment in which they hear of it, on every replica, and nothing brings it back.",
  fix: "take a backup first, and accept it by an acknowledgement that is merged before this change",
  check: (input) =>
    input.change.losses.map(({ name, at, what }) => {
      const now = nowIn(input, name);
      return { at, message: `${name} loses ${what}${now === undefined ? "" : `: ${now}`}` };
    }),
};

/** What servers say of a stream of that name: with its new limits, how much of it goes. */
function nowIn({ after, live = [] }: ReviewInput, name: string): string | undefined {
  const said = (after?.topology.streams ?? [])
    .filter((stream) => stream.name === name)
    .flatMap((stream) => lossNow(live, stream) ?? []);
  return said.length === 0 ? undefined : said.join("; ");
}

const streamAbandoned: ReviewRule = {
  id: "stream-abandoned",
  severity: "warning",
  title: "A stream stays behind and nobody looks after it",
  reason: "Its messages stay and fill the disk; it is neither watched nor backed up by natsform any more.",
  fix: "delete it with natsform streams apply --allow-data-loss NAME, or keep it in the environment",
  check: ({ change }) =>
    change.streams
      .filter(({ effect }) => effect === "orphan")
      .map(({ stream, cluster }) => ({ at: `streams.${stream}`, message: `${stream} stays on ${cluster} as it is` })),
};

const backupTakenOut: ReviewRule = {
  id: "backup-taken-out",
  severity: "error",
  title: "Streams are no longer backed up",
  reason: "What is deleted afterwards, by whomever, is gone.",
  fix: "keep the backup, or take it out together with what it backs up",
  check: ({ before, after }) =>
    (before?.topology.clusters ?? []).flatMap(({ name, backup }) => {
      const now = after?.topology.clusters.find((cluster) => cluster.name === name);
      return backup && now?.jetstream && !now.backup
        ? [{ at: `clusters.${name}.backup`, message: `${name} was backed up to ${backup.to}` }]
        : [];
    }),
};

const backupChanged: ReviewRule = {
  id: "backup-changed",
  severity: "warning",
  title: "Backups go elsewhere, are kept for a shorter time, or are no longer encrypted",
  reason:
    "Backups of before stay where they are and are no longer found by restore; those that are too old by the new rule are deleted.",
  fix: "note where the old ones are, and until when they are needed",
  check: ({ before, after }) =>
    (after?.topology.clusters ?? []).flatMap(({ name, backup }) => {
      const old = before?.topology.clusters.find((cluster) => cluster.name === name)?.backup;
      if (!old || !backup) return [];
      const said = [
        ...(old.to === backup.to ? [] : [`they go to ${backup.to} instead of ${old.to}`]),
        ...(backup.retentionMs >= old.retentionMs ? [] : ["they are kept for a shorter time"]),
        ...(old.encrypt && !backup.encrypt ? ["they are no longer encrypted"] : []),
        ...(old.drill !== undefined && backup.drill === undefined ? ["nobody proves them any more"] : []),
      ];
      return said.length === 0 ? [] : [{ at: `clusters.${name}.backup`, message: said.join("; ") }];
    }),
};

const protectionRemoved: ReviewRule = {
  id: "protection-removed",
  severity: "error",
  title: "Deletion protection is switched off",
  reason:
    "The next change may delete data without a word. Protection that goes together with what it protects has protected nothing.",
  fix: "switch it off in a change of its own, and say what is to be deleted",
  check: ({ before, after }) =>
    before?.environment.deletionProtection && after && !after.environment.deletionProtection
      ? [{ at: "deletionProtection", message: "it was true" }]
      : [],
};

const environmentRemoved: ReviewRule = {
  id: "environment-removed",
  severity: "error",
  title: "A whole environment is taken out",
  reason:
    "What is deployed of it goes on and costs, and nothing in the repository says any more how to change or remove it.",
  fix: "natsform deploy NAME --destroy first, and take the file out afterwards",
  check: ({ before, after, name }) =>
    before && !after
      ? [
          {
            at: "",
            message: `${name} has ${before.topology.clusters.map((cluster) => `cluster ${cluster.name}`).join(", ")}`,
          },
        ]
      : [],
};

const claimsChange: ReviewRule = {
  id: "claims-change",
  severity: "error",
  title: "Volumes on Kubernetes become larger or smaller",
  reason:
    "They are made from a template of the StatefulSet, which Kubernetes never changes: Helm is refused, and nothing of the change happens.",
  fix: 'grow the volumes by hand first, as "Volumes grow" in docs/runbooks/kubernetes-servers.md says; deploy looks at what is there',
  check: ({ before, after }) =>
    (after?.topology.clusters ?? []).flatMap((cluster) => {
      const old = before?.topology.clusters.find(({ name }) => name === cluster.name);
      if (!old || !isOnKubernetes(old) || !isOnKubernetes(cluster)) return [];
      const [from, to] = [old.jetstream, cluster.jetstream];
      return !from || !to || from.fileBytes === to.fileBytes
        ? []
        : [
            {
              at: `clusters.${cluster.name}.jetstream.file`,
              message: `${from.fileBytes} bytes become ${to.fileBytes}`,
            },
          ];
    }),
};

export const dataRules: readonly ReviewRule[] = [
  notInOneStep,
  claimsChange,
  environmentRemoved,
  dataLost,
  protectionRemoved,
  backupTakenOut,
  backupChanged,
  streamAbandoned,
];
