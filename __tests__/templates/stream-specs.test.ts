import { buildTopology } from "../../model/topology";
import { toStreamSpecs } from "../../templates/stream-specs";
import { baseEnvironment, type Changes, changed, parsed } from "../support/lint-environment";

const specs = (changes: Changes = {}) => toStreamSpecs(buildTopology(parsed(changed(changes))), "core", "APP");

test("a stream has the copies, the storage and the place that it is given", () => {
  expect(baseEnvironment.streams).toHaveLength(1);
  expect(specs()).toMatchObject([{ name: "ORDERS", replicas: 3, storage: "file" }]);
  const placed = specs({ "streams[0].placementTags": ["az:eu-west-1a"], "streams[0].replicas": 1 });
  expect(placed).toMatchObject([{ replicas: 1, placementTags: ["az:eu-west-1a"] }]);
});

test("clients neither delete nor purge what they may not", () => {
  expect(specs({ "streams[0].denyDelete": true, "streams[0].denyPurge": true })).toMatchObject([
    { denyDelete: true, denyPurge: true },
  ]);
});
