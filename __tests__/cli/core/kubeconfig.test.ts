import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judgeKubeconfig, kubeconfigState } from "../../../cli/core/kubeconfig";

const found = { files: ["/home/me/.kube/config"], missing: [], inPod: false };

test.each([
  [{ files: [], missing: [], inPod: false }, "none: KUBECONFIG is not set, and there is no ~/.kube/config"],
  [{ files: ["/a", "/b"], missing: ["/a", "/b"], inPod: false }, "/a, /b: no such file"],
  [found, "no current context in /home/me/.kube/config"],
  [{ ...found, context: "production", error: "connection refused" }, "context production: connection refused"],
])("what is missing of a kubeconfig is said: %j", (state, said) => {
  expect(judgeKubeconfig(state)).toEqual({ ok: false, found: said });
});

test("a context that answers is enough, and so is a pod", () => {
  expect(judgeKubeconfig({ ...found, context: "production" })).toEqual({ ok: true, found: "context production" });
  const inPod = { files: [], missing: [], inPod: true };
  expect(judgeKubeconfig(inPod)).toEqual({ ok: true, found: "the ServiceAccount of this pod" });
});

test("without a file nothing is asked, and nothing is said to be here", async () => {
  const home = mkdtempSync(join(tmpdir(), "natsform-home-"));
  try {
    expect(judgeKubeconfig(await kubeconfigState({ HOME: home })).ok).toBe(false);
    const named = join(home, "absent");
    expect(judgeKubeconfig(await kubeconfigState({ HOME: home, KUBECONFIG: named })).found).toContain("no such file");
    writeFileSync(named, "");
    // Without kubectl on its path, or with it: an empty file has no context.
    expect(judgeKubeconfig(await kubeconfigState({ HOME: home, KUBECONFIG: named })).ok).toBe(false);
  } finally {
    rmSync(home, { recursive: true });
  }
});
