import { basename, join } from "node:path";
import { objectsOf } from "../support/kubernetes-manifests";
import { findSchema } from "../support/kubernetes-schema";
import { kubernetesVariants } from "../support/kubernetes-variants";
import { exceptionsHere, kubeScoreExceptions } from "../support/manifest-exceptions";
import { findKubeScore, kubeScoreFindings, unexplained, writeManifests } from "../support/manifest-findings";
import { projectWithCode, synthesized } from "../support/stacks";

const kubeScore = findKubeScore();
const schema = findSchema();
const missing = "missing" in schema ? schema.missing : kubeScore ? undefined : "it is not built: make kubernetes-tools";
// Not to the console: of a file whose tests are all skipped jest shows none.
if (missing) process.stderr.write(`kube-score: skipped: ${missing}\n`);
const root = projectWithCode();

(missing ? test.skip : test)("kube-score finds nothing in the objects that is not known and reasoned", async () => {
  if ("missing" in schema || !kubeScore) return;
  const contexts = await kubernetesVariants(root);
  const objects = objectsOf(synthesized(contexts, join(root, "out")), schema);
  const files = writeManifests(objects, join(root, "manifests"));
  const scores = contexts.map(({ environment: { name } }) =>
    kubeScoreFindings(
      kubeScore,
      files.filter((file) => basename(file).startsWith(`${name}-`)),
    ),
  );
  for (const { passed } of scores) expect(passed).toBeGreaterThan(50);
  const findings = scores.flatMap((score) => score.findings);
  expect(unexplained(findings, exceptionsHere(kubeScoreExceptions))).toEqual({ findings: [], exceptions: [] });
});
