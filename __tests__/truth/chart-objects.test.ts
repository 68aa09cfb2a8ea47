import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../support/programs";
import { TestProject } from "../support/project";

/* What Helm itself makes of a chart, in the review of a plan that gives it other values. */

const missing = findProgram("helm") ? "" : "helm is not on PATH";
if (missing) process.stderr.write(`objects of charts in a review: skipped: ${missing}\n`);
const withHelm = missing ? test.skip : test;

const project = new TestProject();
afterAll(() => project.remove());

const templates = {
  "conf.yaml":
    "kind: ConfigMap\napiVersion: v1\nmetadata: {name: conf}\ndata:\n  nats.conf: |\n    port: 4222\n    max_payload: {{ .Values.payload }}\n",
  "secret.yaml":
    "kind: Secret\napiVersion: v1\nmetadata: {name: login, namespace: {{ .Release.Namespace }}}\nstringData: {password: {{ .Values.password }}}\n",
  "random.yaml": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: random}\ndata: {salt: {{ randAlphaNum 20 }}}\n",
  "test.yaml":
    'kind: Pod\napiVersion: v1\nmetadata: {name: tried, annotations: {"helm.sh/hook": test}}\nspec: {of: {{ .Values.payload }}}\n',
  "more.yaml": "{{ if .Values.more }}kind: Service\napiVersion: v1\nmetadata: {name: more}{{ end }}\n",
};

const side = (values: object, more: object = {}) => ({
  ...{ name: "nats", chart: "chart", namespace: "messages", values: [JSON.stringify(values)], set: [] },
  ...more,
});

/** The review of a plan of one release, in a folder with its chart. */
async function reviewed(before: object | null, after: object | null, unknown: object = {}) {
  const chart = join(project.root, "chart");
  mkdirSync(join(chart, "templates"), { recursive: true });
  writeFileSync(join(chart, "Chart.yaml"), "apiVersion: v2\nname: nats\nversion: 1.0.0\n");
  for (const [name, text] of Object.entries(templates)) writeFileSync(join(chart, "templates", name), text);
  const actions = [before ? "update" : "create"];
  const change = { actions, before, after, after_unknown: unknown };
  const resource = { address: "helm_release.nats", mode: "managed", type: "helm_release", change };
  const document = { format_version: "1.2", resource_changes: [resource], planned_values: {} };
  writeFileSync(join(project.root, "plan.json"), JSON.stringify(document));
  const { stdout, stderr } = await project.natsform("review", "--plan", "plan.json", "--json", "--out", "report");
  expect(stderr).toBe("");
  const [{ stacks, notChecked }] = JSON.parse(stdout).reviews;
  return { objects: stacks[0].changes[0].objects, notChecked, stdout };
}

withHelm("objects before and after are in the report; no value of a Secret is", async () => {
  const { objects, stdout } = await reviewed(
    side({ payload: 1, password: "canary-of-before" }),
    side({ payload: 2, password: "canary-of-after", more: true }),
  );
  expect(objects).toEqual([
    {
      object: "ConfigMap conf",
      action: "changed",
      differences: [{ path: "data.nats.conf", from: "max_payload: 1", to: "max_payload: 2" }],
      random: [],
    },
    { object: "ConfigMap random", action: "changed", differences: [], random: ["data.salt"] },
    {
      object: "Secret messages/login",
      action: "changed",
      differences: [{ path: "stringData.password", from: "(sensitive)", to: "(sensitive), changed" }],
      random: [],
    },
    { object: "Service more", action: "made", differences: [], random: [] },
  ]);
  // Values of a release stand in the plan, where nothing marks them: what is secret does not belong there.
  const shown = JSON.stringify(objects);
  expect([shown.includes("canary"), stdout.includes("ConfigMap conf")]).toEqual([false, true]);
});

withHelm("a first release is made of all of its objects", async () => {
  const { objects } = await reviewed(null, side({ payload: 1, password: "p" }));
  const made = objects.map(({ object, action }: Record<string, string>) => `${object} ${action}`);
  expect(made).toEqual(["ConfigMap conf made", "ConfigMap random made", "Secret messages/login made"]);
});

withHelm.each<[string, object, object, RegExp]>([
  ["a chart that is elsewhere", side({}, { chart: "elsewhere" }), {}, /its chart, elsewhere, is not on this machine/],
  ["values that are set one by one", side({}, { set: [{ name: "a", value: "b" }] }), {}, /sets values by themselves/],
  [
    "a program that changes what was made",
    side({}, { postrender: [{ binary_path: "x" }] }),
    {},
    /a program of its own/,
  ],
  ["values that are not known yet", side({}), { values: true }, /known once it is applied/],
  ["values that are no YAML", side({}, { values: ["a: [1"] }), {}, /helm cannot render them\. Error: .*0\.yaml/],
])("%s: nobody has seen the objects, and the report says so", async (_, after, unknown, why) => {
  const { objects, notChecked } = await reviewed(side({ payload: 1, password: "p" }), after, unknown);
  expect([objects, notChecked]).toEqual([undefined, expect.arrayContaining([expect.stringMatching(why)])]);
});
