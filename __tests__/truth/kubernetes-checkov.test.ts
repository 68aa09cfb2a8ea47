import { join } from "node:path";
import { toolPath } from "../../cli/core/toolbox/find";
import { objectsOf } from "../support/kubernetes-manifests";
import { findSchema } from "../support/kubernetes-schema";
import { kubernetesVariants } from "../support/kubernetes-variants";
import { checkovExceptions, exceptionsHere } from "../support/manifest-exceptions";
import { checkovFindings, unexplained, writeManifests } from "../support/manifest-findings";
import { projectWithCode, synthesized } from "../support/stacks";

const checkov = toolPath("checkov");
const schema = findSchema();
const missing = "missing" in schema ? schema.missing : checkov ? undefined : "Checkov is not installed: make checkov";
// Not to the console: of a file whose tests are all skipped jest shows none.
if (missing) process.stderr.write(`Checkov on the objects of Kubernetes: skipped: ${missing}\n`);
const root = projectWithCode();

(missing ? test.skip : test)("Checkov finds nothing in the objects that is not known and reasoned", async () => {
  if ("missing" in schema || !checkov) return;
  const folder = join(root, "manifests");
  writeManifests(objectsOf(synthesized(await kubernetesVariants(root), join(root, "out")), schema), folder);
  const { findings, passed } = checkovFindings(checkov, folder);
  expect(passed).toBeGreaterThan(1000);
  expect(unexplained(findings, exceptionsHere(checkovExceptions))).toEqual({ findings: [], exceptions: [] });
});
