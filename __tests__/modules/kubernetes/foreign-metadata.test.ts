import { join } from "node:path";
import { changedOnKubernetes } from "../../support/kubernetes-variants";
import { all, projectWithCode, type Stack, synthesized } from "../../support/stacks";

const root = projectWithCode();
let stacks: Stack[];
beforeAll(async () => {
  const context = await changedOnKubernetes("foreign", root, (_, platform) => {
    platform.ignoredMetadata = ["linkerd.io"];
  });
  stacks = Object.values(synthesized([context], join(root, "out")));
});

interface Provider {
  ignore_annotations: string[];
  ignore_labels: string[];
}
const providers = () => stacks.flatMap(({ provider }) => (provider as { kubernetes?: Provider[] }).kubernetes ?? []);

const others = [
  "cloud.google.com/neg",
  "cloud.google.com/neg-status",
  "networking.gke.io/load-balancer-type",
  "autopilot.gke.io/resource-adjustment",
  "autopilot.gke.io/warden-version",
  "field.cattle.io/projectId",
  "management.cattle.io/system-namespace",
  "lifecycle.cattle.io/create.namespace-auth",
  "cattle.io/timestamp",
  "openshift.io/sa.scc.uid-range",
  "security.openshift.io/scc.podSecurityLabelSync",
  "linkerd.io/inject",
  "viz.linkerd.io/tap",
];
const own = [
  "natsform/restart-digest",
  "natsform.io/cloud.google.com",
  "app.kubernetes.io/name",
  "eks.amazonaws.com/role-arn",
  "notcattle.io/x",
  "cattle.iox/y",
  "cloud-google-com/neg",
  "linkerdxio/inject",
  "example.com/openshift.io",
];

test("every stack leaves alone what others write on its objects, and nothing else", () => {
  expect(providers()).toHaveLength(stacks.length);
  for (const { ignore_annotations, ignore_labels } of providers()) {
    for (const expressions of [ignore_annotations, ignore_labels]) {
      const ignored = (key: string) => expressions.some((one) => new RegExp(one).test(key));
      expect(others.filter((key) => !ignored(key))).toEqual([]);
      expect(own.filter(ignored)).toEqual([]);
      for (const one of expressions) expect(one).toMatch(/^\^.*\/$/);
    }
  }
});

test("a Job is not replaced for what a platform changed in its pods", () => {
  const jobs = stacks.flatMap((stack) => Object.values(all(stack, "kubernetes_job_v1")));
  expect(jobs.length).toBeGreaterThanOrEqual(2);
  for (const { lifecycle } of jobs) {
    expect(lifecycle).toEqual({
      ignore_changes: [
        "spec[0].template[0].metadata[0].annotations",
        "spec[0].template[0].spec[0].toleration",
        "spec[0].template[0].spec[0].container[0].resources",
      ],
    });
  }
});
