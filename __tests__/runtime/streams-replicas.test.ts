import type { ClusterInfo } from "@nats-io/jetstream";
import { missingReplicas } from "../../runtime/streams/replicas";

const follower = (name: string, fields: object = {}) => ({
  name,
  current: true,
  offline: false,
  active: 0,
  lag: 0,
  ...fields,
});
const cluster = (...replicas: object[]) => ({ name: "core", leader: "s0", replicas }) as unknown as ClusterInfo;
const single = { leader: "s0" } as ClusterInfo;

test.each([
  ["one server that is not clustered", { cluster: single, expected: 1 }, undefined],
  ["a group that its cluster does not know yet", { expected: 3 }, "1 instead of 3"],
  ["no leader", { cluster: { ...cluster(), leader: undefined }, expected: 1 }, "no leader"],
  ["R1", { cluster: cluster(), expected: 1 }, undefined],
  ["R3", { cluster: cluster(follower("s1"), follower("s2")), expected: 3 }, undefined],
  [
    "a follower's answer, which names the leader",
    { cluster: cluster(follower("s0"), follower("s1")), expected: 2 },
    undefined,
  ],
  ["a replica that is not placed yet", { cluster: cluster(follower("s1")), expected: 3 }, "2 instead of 3"],
  ["a move that has not ended", { cluster: cluster(follower("s1")), expected: 1 }, "2 instead of 1"],
  ["a replica that lags", { cluster: cluster(follower("s1", { lag: 1 })), expected: 2 }, "behind or away: s1"],
  ["a replica that is not current", { cluster: cluster(follower("s1", { current: false })), expected: 2 }, "s1"],
  ["a replica that is away", { cluster: cluster(follower("s1", { offline: true })), expected: 2 }, "s1"],
])("%s", (_, group, missing) => {
  if (missing === undefined) expect(missingReplicas(group)).toBeUndefined();
  else expect(missingReplicas(group)).toContain(missing);
});
