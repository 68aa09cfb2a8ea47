import { clientUrl, keysMount } from "../../../modules/kubernetes/connection";
import { onKubernetes } from "../../support/kubernetes-context";

test("programs connect by TLS", async () => {
  expect(clientUrl(await onKubernetes())).toBe("tls://nats.nats.svc.cluster.local:4222");
});

test("a program has the keys that it needs, of all that are in the Secret", async () => {
  expect(keysMount(await onKubernetes(), ["user-streams-APP"]).files).toEqual({
    "user-streams-APP": "user-streams-APP",
  });
});
