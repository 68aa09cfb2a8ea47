import { join } from "node:path";
import { parse } from "yaml";
import { kubernetesVariants } from "../../support/kubernetes-variants";
import { all, type Block, projectWithCode, type Stack, synthesized } from "../../support/stacks";

const root = projectWithCode();
let stacks: Stack[];
beforeAll(async () => {
  stacks = Object.values(synthesized(await kubernetesVariants(root), join(root, "out")));
});

type Disk = { "ephemeral-storage"?: string };
type Container = { name?: string; resources?: { requests?: Disk; limits?: Disk } };
const mib = (text: string) => Number(text.replace(/Mi$/, ""));

/** Every object below a value that says what a container may use. */
function containersIn(value: unknown): Container[] {
  if (typeof value !== "object" || value === null) return [];
  const own = value as Container;
  return [...(own.resources?.limits ? [own] : []), ...Object.values(value).flatMap(containersIn)];
}
const containersOf = (stack: Stack): Container[] => [
  ...["deployment", "job", "cron_job"].flatMap((kind) => containersIn(all(stack, `kubernetes_${kind}_v1`))),
  ...Object.values(all(stack, "helm_release")).flatMap((release: Block) =>
    containersIn(parse((release.values as string[])[0] ?? "")),
  ),
];

test("no container is evicted for the log files that its node keeps", () => {
  // Five files (containerLogMaxFiles) of 10 MiB by default, of 50 MiB on some clouds, and what is written meanwhile.
  const logs = 5 * 50 + 50;
  const disks = stacks.filter(({ name }) => !name.startsWith("bare-")).flatMap(containersOf);
  expect(disks.length).toBeGreaterThan(15);
  for (const { name, resources } of disks) {
    const { requests = {}, limits = {} } = resources ?? {};
    const enough = mib(limits["ephemeral-storage"] ?? "") >= logs && mib(requests["ephemeral-storage"] ?? "") <= 64;
    expect({ name, limits, requests, enough }).toMatchObject({ enough: true });
  }
});

test("nothing is asked for or limited where nodes do not measure it", () => {
  const disks = stacks.filter(({ name }) => name.startsWith("bare-")).flatMap(containersOf);
  expect(disks.length).toBeGreaterThan(3);
  expect(JSON.stringify(disks.map(({ resources }) => resources))).not.toContain("ephemeral-storage");
});
