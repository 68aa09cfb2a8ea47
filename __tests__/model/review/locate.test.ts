import { lineOf } from "../../../model/review";

const file = `import { defineEnvironment } from "natsform/config";

const streams = [
  { name: "NEWS", maxAge: "1d" },
  {
    name: "ORDERS",
    maxAge: "7d",
  },
];
const base = { nats: { version: "2.15.2" } };
export default defineEnvironment({
  ...base,
  name: "demo",
  streams,
  "clusters": { core: { size: 3 } },
});
`;

test.each<[string, number]>([
  ["name", 13],
  ["streams", 14],
  ["streams[1].maxAge", 7],
  ["streams.ORDERS.maxAgeMs", 7],
  ["streams.ORDERS.replicas", 5],
  ["streams.NEWS", 4],
  ["nats.version", 10],
  ["clusters.core.size", 15],
  ["clusters.core.jetstream.domain", 15],
  ["", 11],
  ["user sys", 11],
])("%s stands at line %d", (path, line) => {
  expect(lineOf(file, path)).toBe(line);
});

test("a file that is not read leads to its first line", () => {
  expect(lineOf("export default {", "name")).toBe(1);
  expect(lineOf("", "name")).toBe(1);
  expect(lineOf("export default make();", "name")).toBe(1);
});
