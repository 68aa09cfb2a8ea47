import { lintChanged } from "../../support/lint-environment";

test("the only copy of a stream does not lie on a disk that ends with its task", () => {
  const platform = { kind: "aws-ecs", region: "eu-west-1", domain: "core.example.com", storage: "ephemeral" };
  const { findings } = lintChanged({ "clusters.core.platform": platform, "streams[0].replicas": 1 });
  expect(findings.filter(({ rule }) => rule === "ephemeral-single-copy")).toEqual([
    expect.objectContaining({ severity: "error", at: "streams[0].replicas" }),
  ]);
});
