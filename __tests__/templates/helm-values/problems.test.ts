import { valuesProblems } from "../../../templates/helm-values/problems";

const places = (values: unknown) => valuesProblems(values).map(({ path }) => path.join("."));

test("a key that the chart does not know is no key that it ignores", () => {
  expect(places({ config: { jetStream: { enabled: true } } })).toEqual(["config.jetStream"]);
});

test("text does not become syntax of NATS", () => {
  expect(places({ config: { merge: { a: "<< } include ./x >>", b: "<< $PASSWORD >>", c: "<< 8MiB >>" } } })).toEqual([
    "config.merge.a",
  ]);
});
