import { buildTopology } from "../../../model/topology";
import { changed, parsed } from "../../support/lint-environment";

test("what a service uses is found where its own account has it, whatever others call theirs", () => {
  const stream = { name: "ORDERS", subjects: ["orders.>"], replicas: 1 };
  const { identity } = buildTopology(
    parsed(
      changed({
        "identity.services.api": { account: "APP", uses: { streams: ["ORDERS"] } },
        "clusters.core.jetstream.domain": "core",
        "clusters.mesh.jetstream.domain": "mesh",
        streams: [
          { ...stream, cluster: "core", account: "APP" },
          { ...stream, cluster: "mesh", account: "OTHER" },
        ],
      }),
    ),
  );
  const granted = identity.services.api?.publish.allow ?? [];
  expect(granted).toContain("$JS.core.API.STREAM.INFO.ORDERS");
  expect(granted.filter((subject) => subject.startsWith("$JS.mesh"))).toEqual([]);
});
