import { addStorageClass } from "../../../modules/kubernetes/storage";
import { made } from "../../support/construct";
import { onKubernetes } from "../../support/kubernetes-context";

const storageClass = async (flavor: "gke" | "eks", regional = false) => {
  const context = await onKubernetes(({ platform, jetstream }) => {
    platform.flavor = flavor;
    Object.assign(jetstream ?? {}, { storageClass: { name: "ssd", regional } });
  });
  return made((scope) => addStorageClass(scope, context)).kubernetes_storage_class_v1?.[0];
};

test.each(["gke", "eks"] as const)(
  "on %s a volume outlives its claim, and lies in the zone of its pod",
  async (flavor) => {
    expect(await storageClass(flavor)).toMatchObject({
      reclaim_policy: "Retain",
      volume_binding_mode: "WaitForFirstConsumer",
    });
  },
);

test("volumes are encrypted where the cloud does not do so by itself", async () => {
  expect((await storageClass("eks"))?.parameters).toMatchObject({ encrypted: "true" });
});

test("regional volumes lie in two zones", async () => {
  const parameters = [await storageClass("gke", true), await storageClass("gke")].map((found) => found?.parameters);
  expect(parameters).toEqual([{ type: "pd-ssd", "replication-type": "regional-pd" }, { type: "pd-ssd" }]);
});
