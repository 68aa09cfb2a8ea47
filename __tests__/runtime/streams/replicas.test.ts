import { missingReplicas, type Replicated } from "../../../runtime/streams/replicas";

const follower = (name: string, changes: object = {}) => ({
  name,
  current: true,
  offline: false,
  active: 0,
  lag: 0,
  ...changes,
});
const missing = (replicas: object[], changes: object = {}) =>
  missingReplicas({ expected: 3, cluster: { name: "core", leader: "core-0", replicas, ...changes } } as Replicated);
const others = [follower("core-1"), follower("core-2")];

test("a stream is whole with a leader and all followers up to date", () => {
  expect(missing(others)).toBeUndefined();
  expect(missing(others, { leader: "" })).toBe("it has no leader");
});

test("it is not with fewer or more of them", () => {
  expect(missing(others.slice(1))).toBe("replicas: 2 instead of 3");
  expect(missing([...others, follower("core-3")])).toBe("replicas: 4 instead of 3");
});

test.each([{ current: false }, { offline: true }, { lag: 1 }])("a follower that is %j does not count", (change) => {
  expect(missing([follower("core-1"), follower("core-2", change)])).toBe("behind or away: core-2");
});
