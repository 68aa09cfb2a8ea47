import { natsBoxValues } from "../../../templates/helm-values/nats-box";
import { onKubernetes } from "../../support/kubernetes-context";

const natsBox = async (users?: string[]) => {
  const { topology, cluster, trust } = await onKubernetes(({ platform }) => {
    platform.natsBox = users && { users };
  });
  return natsBoxValues({ topology, cluster, trust });
};

test("it is there where somebody asks for it", async () => {
  expect(await natsBox()).toEqual({ enabled: false });
  expect(await natsBox(["sys"])).toMatchObject({ enabled: true });
});

test("it holds the keys of the users that are named, and no token of Kubernetes", async () => {
  const { podTemplate } = (await natsBox(["streams-APP"])) as {
    podTemplate: {
      merge: { spec: { automountServiceAccountToken: boolean } };
      patch: { value: { name: string; secret?: { items: { key: string }[] } } }[];
    };
  };
  expect(podTemplate.merge.spec.automountServiceAccountToken).toBe(false);
  const keys = podTemplate.patch.find(({ value }) => value.name === "keys");
  expect(keys?.value.secret?.items.map(({ key }) => key)).toEqual(["creds-streams-APP"]);
});
