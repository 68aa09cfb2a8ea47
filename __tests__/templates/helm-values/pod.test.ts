import { containerValues, podValues, unprivileged } from "../../../templates/helm-values/pod";
import { onKubernetes } from "../../support/kubernetes-context";

interface Probe {
  httpGet: { path: string };
}

test("servers have none of the rights of root, and no token of Kubernetes", async () => {
  const { cluster } = await onKubernetes();
  expect(unprivileged).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  });
  const { merge } = podValues(cluster.platform) as { merge: { spec: { securityContext: object } } };
  expect(merge.spec).toMatchObject({ automountServiceAccountToken: false });
  expect(merge.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10_000 });
});

test("no two servers share a node, nor more than one a zone where there are several", async () => {
  const spread = async (zones: number) => {
    const { cluster } = await onKubernetes(({ platform }) => {
      platform.zones = zones;
    });
    return podValues(cluster.platform).topologySpreadConstraints;
  };
  const never = { maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" };
  expect(await spread(3)).toEqual({ "kubernetes.io/hostname": never, "topology.kubernetes.io/zone": never });
  expect(await spread(1)).toEqual({ "kubernetes.io/hostname": never });
});

test("a server has the time that it needs to hand over its clients", async () => {
  const { cluster } = await onKubernetes(({ platform }) => {
    platform.terminationGraceSeconds = 77;
  });
  expect(podValues(cluster.platform)).toMatchObject({
    merge: { spec: { terminationGracePeriodSeconds: 77 } },
  });
});

test("a server without JetStream is restarted, and Go collects garbage before the kernel kills it", async () => {
  const { topology, cluster } = await onKubernetes(({ platform }) => {
    platform.memory = "10GiB";
  });
  const { env, merge } = containerValues(topology, cluster.platform) as {
    env: { GOMEMLIMIT: string };
    merge: Record<"livenessProbe" | "readinessProbe", Probe>;
  };
  expect(merge.livenessProbe.httpGet.path).toBe("/healthz?js-enabled-only=true");
  expect(Number.parseInt(env.GOMEMLIMIT, 10)).toBeLessThan(10 * 1024);
});
