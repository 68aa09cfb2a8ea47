import { kubernetesModel } from "../../../../model/topology/platform-models/kubernetes";

test("servers listen to the Kubernetes cluster alone: an Ingress lets browsers in", () => {
  expect(kubernetesModel.exposure({} as Parameters<typeof kubernetesModel.exposure>[0])).toBe("internal");
});
