import { stringify } from "yaml";
import {
  immutableChanges,
  type LiveSet,
  sealedObjects,
  serviceChanges,
} from "../../cli/deploy/kubernetes/immutable-changes";
import { foreignObjects, ownedObjects, wantedObjects } from "../../cli/deploy/kubernetes/shared-objects";
import { helmValues } from "../../templates/helm-values";
import { type OnKubernetes, onKubernetes } from "../support/kubernetes-context";

describe("claims of a StatefulSet, which Kubernetes does not change", () => {
  const claim = (
    name: string,
    storage: string,
    storageClassName?: string,
  ): LiveSet["spec"]["volumeClaimTemplates"][number] => ({
    metadata: { name },
    spec: { storageClassName, resources: { requests: { storage } } },
  });
  const live = (...volumeClaimTemplates: ReturnType<typeof claim>[]): LiveSet => ({
    spec: { serviceName: "nats-headless", volumeClaimTemplates },
  });
  const values = async (change?: (cluster: OnKubernetes) => void, storageClass = "ssd") => {
    const { topology, cluster, trust } = await onKubernetes(change);
    return JSON.parse(JSON.stringify(helmValues({ topology, cluster, trust, storageClass }))) as unknown;
  };
  const asDeployed = live(claim("nats-js", "100Gi", "ssd"), claim("nats-resolver", "1Gi", "ssd"));

  test("are as they are wanted, in whatever unit", async () => {
    expect(stringify(await values())).toContain("100Gi");
    expect(immutableChanges(asDeployed, await values())).toEqual([]);
    const other = live(claim("nats-js", "102400Mi", "ssd"), claim("nats-resolver", "1Gi", "ssd"));
    expect(immutableChanges(other, await values())).toEqual([]);
  });

  test("that grow, change their class, come or go are named", async () => {
    const grown = await values(({ jetstream }) => {
      if (jetstream) jetstream.file = "180GiB";
    });
    expect(immutableChanges(asDeployed, grown)).toEqual(["claim nats-js has 100Gi, wanted 200Gi"]);
    expect(immutableChanges(asDeployed, await values(undefined, "hdd"))).toEqual([
      "claim nats-js is of class ssd, wanted hdd",
      "claim nats-resolver is of class ssd, wanted hdd",
    ]);
    expect(immutableChanges(live(claim("nats-js", "100Gi", "ssd")), await values())).toEqual([
      "claim nats-resolver is new",
    ]);
    const more = live(...asDeployed.spec.volumeClaimTemplates, claim("old", "1Gi"));
    expect(immutableChanges(more, await values())).toEqual(["claim old is left out"]);
  });
});

describe("what else Kubernetes does not change", () => {
  const values = async (own: object) => {
    const { topology, cluster, trust } = await onKubernetes(({ platform }) => {
      Object.assign(platform, { chart: { values: own } });
    });
    return JSON.parse(JSON.stringify(helmValues({ topology, cluster, trust, storageClass: "ssd" }))) as unknown;
  };
  const set: LiveSet = {
    spec: {
      serviceName: "nats-headless",
      podManagementPolicy: "Parallel",
      selector: { matchLabels: { "app.kubernetes.io/name": "nats" } },
      volumeClaimTemplates: [
        {
          metadata: { name: "nats-js" },
          spec: { storageClassName: "ssd", resources: { requests: { storage: "100Gi" } } },
        },
        {
          metadata: { name: "nats-resolver" },
          spec: { storageClassName: "ssd", resources: { requests: { storage: "1Gi" } } },
        },
      ],
    },
  };
  const ofSet = async (own: object) => immutableChanges(set, await values({ statefulSet: own }));

  test("of a StatefulSet, merged or by a patch, is named; what it changes is not", async () => {
    expect(await ofSet({ merge: { spec: { podManagementPolicy: "OrderedReady", minReadySeconds: 5 } } })).toEqual([
      'podManagementPolicy is "Parallel", wanted "OrderedReady"',
    ]);
    expect(
      await ofSet({ merge: { spec: { podManagementPolicy: "Parallel", updateStrategy: { type: "OnDelete" } } } }),
    ).toEqual([]);
    const patch = [
      { op: "add", path: "/spec/selector/matchLabels/x", value: "y" },
      { op: "replace", path: "/spec/serviceName", value: "nats-headless" },
      { op: "add", path: "/metadata/annotations", value: {} },
    ];
    expect(await ofSet({ patch })).toEqual([expect.stringMatching(/^selector is .*, wanted .*"x":"y"/)]);
  });

  test("of Services is their address, and the family and class that it is of", async () => {
    const live = new Map<string, unknown>([
      [
        "service",
        { metadata: { name: "nats" }, spec: { type: "ClusterIP", clusterIP: "10.0.0.9", ipFamilies: ["IPv4"] } },
      ],
      ["headlessService", { metadata: { name: "nats-headless" }, spec: { clusterIP: "None" } }],
    ]);
    const of = async (spec: object) => serviceChanges(live, await values({ service: { merge: { spec } } }));
    expect(await of({ type: "LoadBalancer", sessionAffinity: "None" })).toEqual([]);
    expect(await of({ clusterIP: "10.0.0.9", ipFamilies: ["IPv4", "IPv6"] })).toEqual([]);
    expect(await of({ clusterIP: "10.0.0.10", ipFamilies: ["IPv6"] })).toEqual([
      'clusterIP of Service nats is "10.0.0.9", wanted "10.0.0.10"',
      'ipFamilies of Service nats is ["IPv4"], wanted ["IPv6"]',
    ]);
    const headless = { headlessService: { patch: [{ op: "replace", path: "/spec/clusterIP", value: "10.0.0.3" }] } };
    expect(serviceChanges(live, await values(headless))).toEqual([
      'clusterIP of Service nats-headless is "None", wanted "10.0.0.3"',
    ]);
    expect(serviceChanges(new Map(), await values(headless))).toEqual([]);
  });

  test("of ConfigMaps and Secrets is what somebody has sealed", () => {
    expect(sealedObjects("true ConfigMap nats-config\n Secret nats-keys\nfalse Secret other\n")).toEqual([
      "ConfigMap nats-config is immutable",
    ]);
  });

  test("of what natsform seals itself is none: other streams are another object", () => {
    expect(sealedObjects("true ConfigMap nats-streams-app-79fc18e1\n")).toEqual([]);
  });
});

describe("names of the whole Kubernetes cluster or Vault", () => {
  const stack = {
    resource: {
      kubernetes_namespace_v1: { a: { metadata: { name: "nats", labels: {} } } },
      kubernetes_secret_v1: { b: { metadata: { name: "nats-keys" } } },
      vault_mount: { c: { path: "pki-internal" }, d: { path: `$${"{vault_mount.c.path}"}` } },
      vault_policy: { e: { name: "production-nats-certificate-renewal", policy: "" } },
    },
  };
  const state = {
    values: {
      root_module: {
        resources: [
          { type: "kubernetes_namespace_v1", values: { metadata: [{ name: "nats", uid: "1" }] } },
          { type: "vault_mount", values: { path: "pki-internal" } },
        ],
      },
    },
  };
  const wanted = wantedObjects(stack);
  const namespace = { kind: "kubernetes_namespace_v1", name: "nats", uid: "1" } as const;
  const mount = { kind: "vault_mount", name: "pki-internal" } as const;
  const policy = { kind: "vault_policy", name: "production-nats-certificate-renewal" } as const;

  test("are those that the stack makes, and those of the state", () => {
    expect(wanted).toEqual([{ kind: "kubernetes_namespace_v1", name: "nats" }, mount, policy]);
    expect(ownedObjects(state)).toEqual([namespace, mount]);
    expect(ownedObjects({ format_version: "1.0" })).toEqual([]);
  });

  test("may be free, or this deployment's own", () => {
    expect(foreignObjects(wanted, [], [])).toEqual([]);
    expect(foreignObjects(wanted, ownedObjects(state), [{ ...namespace, partOf: "production-nats" }, mount])).toEqual(
      [],
    );
  });

  test("that another deployment has are refused, also one of the same name", () => {
    const there = "is there already, and not in the state of this deployment";
    expect(foreignObjects(wanted, [], [{ ...namespace, partOf: "production-nats" }, mount, policy])).toEqual([
      "namespace nats is there already, of production-nats, and not in the state of this deployment",
      `mounts pki-internal ${there}`,
      `policies production-nats-certificate-renewal ${there}`,
    ]);
    // Deleted by hand, and made by somebody else since.
    expect(foreignObjects(wanted, ownedObjects(state), [{ ...namespace, uid: "2" }])).toEqual([
      `namespace nats ${there}`,
    ]);
  });

  test("that are about to go are refused, whosever they are", () => {
    expect(foreignObjects(wanted, ownedObjects(state), [{ ...namespace, terminating: true }])).toEqual([
      "namespace nats is being deleted",
    ]);
  });
});
