import { restrictedContainer, restrictedPod } from "../../../modules/kubernetes/pod";
import { jobPod, programContainer, programPod } from "../../../modules/kubernetes/program";
import { onKubernetes } from "../../support/kubernetes-context";

test("a program has no token of Kubernetes, and learns of no Service", () => {
  for (const pod of [programPod, jobPod]) {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: restrictedPod,
    });
  }
});

test("its container has none of the rights of root", async () => {
  const props = { cpu: "50m", memory: "64Mi", variables: {}, volumeMount: [] };
  const { securityContext } = programContainer(await onKubernetes(), "streams", props);
  expect(securityContext).toEqual(restrictedContainer);
});
