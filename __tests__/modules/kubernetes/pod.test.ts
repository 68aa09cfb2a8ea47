import { restrictedContainer, restrictedPod, volumeMounts, volumes } from "../../../modules/kubernetes/pod";

test("programs have none of the rights of root", () => {
  expect(restrictedContainer).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  });
  expect(restrictedPod).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
  expect(Number(restrictedPod.runAsUser)).toBeGreaterThan(0);
});

test("files of Secrets and ConfigMaps are read by the program's group, and written by nobody", () => {
  const mounts = [
    { name: "keys", secret: "keys", folder: "/keys", files: { seed: "seed" } },
    { name: "rules", configMap: "rules", folder: "/rules" },
  ];
  const items = [{ key: "seed", path: "seed" }];
  expect(volumes(mounts)).toEqual([
    { name: "keys", secret: { secretName: "keys", defaultMode: "0440", items } },
    { name: "rules", configMap: { name: "rules", defaultMode: "0440", items: undefined } },
  ]);
  expect(volumeMounts(mounts).map(({ readOnly }) => readOnly)).toEqual([true, true]);
});
