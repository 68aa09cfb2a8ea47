import { knownAuthority } from "../../../model/topology/leaf-authorities";

test("a cluster that is called like a property of every object has no authority for that", () => {
  expect(knownAuthority({}, "constructor")).toBeUndefined();
  expect(knownAuthority({ constructor: "PEM" } as never, "constructor")).toBe("PEM");
});
