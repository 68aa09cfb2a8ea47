import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import demo from "../../environments/demo";
import kubernetesProduction from "../../environments/kubernetes-production";
import { TestProject } from "../support/project";

const project = new TestProject();
beforeAll(() => {
  project.write(demo);
  project.write(kubernetesProduction);
});
afterAll(() => project.remove());

test("policies are written as files that IAM takes, without keys and without an account", async () => {
  const { code, stdout, stderr } = await project.natsform("deploy-policy", "demo", "--out", "policies", "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const printed = JSON.parse(stdout) as { environment: string; plan: object[]; apply: object[] };
  const files = readdirSync(join(project.root, "policies")).sort();
  expect(files).toEqual(["apply-1.json", "apply-2.json", "plan.json"]);
  const written = files.map((file) => JSON.parse(readFileSync(join(project.root, "policies", file), "utf8")));
  expect(written).toEqual([...printed.apply, ...printed.plan]);
});

test("an environment without anything on AWS has no policy", async () => {
  const { code, stderr } = await project.natsform("deploy-policy", "kubernetes-production");
  expect([code, stderr]).toEqual([1, expect.stringContaining("kubernetes-production has nothing on AWS")]);
});
