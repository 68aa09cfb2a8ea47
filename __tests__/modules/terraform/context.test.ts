import demo from "../../../environments/demo";
import { ConfigError, type EnvironmentInput } from "../../../model/config";
import { ecsCluster } from "../../../modules/aws/context";
import { kubernetesContext } from "../../../modules/kubernetes/context";
import { stackContext } from "../../../modules/terraform/context";
import { contextOf, temporaryFolder } from "../../support/stacks";

const root = temporaryFolder();

test("an environment and its trust file are the context that natsform's own app has", async () => {
  const context = await contextOf("demo", root);
  expect(stackContext({ environment: demo, trust: context.trust, root })).toEqual({
    ...context,
    settings: { root, environments: ["demo"] },
  });
});

test("every problem of an environment is reported at once", async () => {
  const { trust } = await contextOf("demo", root);
  const environment = { ...demo, nats: { maxPayload: "8MB" }, logRetentionDays: 2 } as unknown as EnvironmentInput;
  const problems = () => stackContext({ environment, trust });
  expect(problems).toThrow(ConfigError);
  expect(problems).toThrow(/^environment: 2 errors\n.*logRetentionDays.*nats\.maxPayload/s);
});

test("a trust file that does not fit is refused", async () => {
  const { trust } = await contextOf("demo", root);
  const { sys, ...users } = trust.users;
  expect(sys).toMatch(/^U/);
  expect(() => stackContext({ environment: demo, trust: { ...trust, users } })).toThrow(
    /^trust file of demo: 1 error\n.*users\.sys: is missing/,
  );
  expect(() => stackContext({ environment: demo, trust: { ...trust, issuer: "A" } })).toThrow(/issuer: must be/);
});

test("a cluster is asked for by its name, where it is", async () => {
  const context = await contextOf("demo", root);
  expect(ecsCluster(context, "core").platform.region).toBe("eu-west-1");
  expect(() => ecsCluster(context, "edge")).toThrow("no cluster edge in demo");
  expect(() => kubernetesContext(context, "core")).toThrow("cluster core is not on Kubernetes");
  const other = await contextOf("kubernetes-production", root);
  expect(kubernetesContext(other, "nats").namespace).toBe("nats");
  expect(() => ecsCluster(other, "nats")).toThrow("cluster nats is not on ECS");
});
