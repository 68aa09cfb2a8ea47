import { makeKeys } from "../../../cli/keys/make";
import { MemoryStore } from "../../../cli/keys/store";
import { helmValues } from "../../../templates/helm-values";
import { onKubernetes } from "../../support/kubernetes-context";

interface Values {
  config: {
    cluster: { routeURLs: { useFQDN: boolean }; tls?: { merge: object } };
    jetstream: { fileStore: { pvc: { enabled: boolean; size: string } }; merge: object };
    merge: Record<string, unknown>;
  };
  podDisruptionBudget: unknown;
  serviceAccount: unknown;
  statefulSet: { merge: { spec: object } };
}

let values: Values;
beforeAll(async () => {
  const { topology, cluster } = await onKubernetes(({ jetstream }) => {
    Object.assign(jetstream ?? {}, { durability: "durable" });
  });
  const { trust } = await makeKeys(topology, new MemoryStore());
  values = helmValues({ topology, cluster, trust }) as unknown as Values;
});

test("no change of the release takes volumes away", () => {
  expect(values.statefulSet.merge.spec).toEqual({
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
  });
});

test("servers are not evicted all at once", () => expect(values.podDisruptionBudget).toEqual({ enabled: true }));

test("the servers' account hands out no token", () => {
  expect(values.serviceAccount).toEqual({ enabled: true, merge: { automountServiceAccountToken: false } });
});

test("streams lie on a volume, which a full file store does not fill", () => {
  // 90 GiB of streams, at nine tenths.
  expect(values.config.jetstream.fileStore).toMatchObject({ pvc: { enabled: true, size: "100Gi" } });
});

test("servers dial each other by names that mean one thing everywhere", () => {
  expect(values.config.cluster.routeURLs).toMatchObject({ useFQDN: true });
});

test("what the chart has no value for reaches the server: who logs in, TLS and how streams are written", () => {
  expect(Object.keys(values.config.merge)).toEqual(expect.arrayContaining(["operator", "resolver_preload"]));
  expect(values.config.cluster.tls?.merge).toMatchObject({ verify_cert_and_check_known_urls: true });
  expect(values.config.jetstream.merge).toMatchObject({ sync_interval: "always" });
});
