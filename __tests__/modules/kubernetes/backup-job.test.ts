import { Backups } from "../../../modules/kubernetes/backup";
import { restrictedContainer } from "../../../modules/kubernetes/pod";
import { made } from "../../support/construct";
import { onKubernetes } from "../../support/kubernetes-context";
import type { Block } from "../../support/stacks";

interface Container {
  name: string;
  args: string[];
  security_context: Block;
  volume_mount: { name: string; read_only?: boolean }[];
}
interface Job {
  metadata: { name: string; labels: Record<string, string> };
  spec: {
    concurrency_policy: string;
    starting_deadline_seconds: number;
    job_template: { spec: { active_deadline_seconds: number; template: { spec: { container: Container[] } } } };
  };
}

let backups: Record<string, Block[]>;
beforeAll(async () => {
  const context = await onKubernetes((cluster) => {
    cluster.backup = { to: "file:///backups", drill: "0 5 * * 0" };
    cluster.platform.backupAccess = { claim: "backups" };
  });
  const { backup } = context.cluster;
  if (!backup) throw new Error("the cluster has no backup");
  backups = made((scope) => new Backups(scope, "b", context, backup));
});
const jobs = (component?: string) =>
  (backups.kubernetes_cron_job_v1 as unknown as Job[]).filter(
    ({ metadata }) => !component || metadata.labels["app.kubernetes.io/component"] === component,
  );
const containers = (component?: string) =>
  jobs(component).flatMap(({ spec }) => spec.job_template.spec.template.spec.container);

test("one runs at a time, is caught up with when it is late, and ends before the next day's", () => {
  expect(jobs("backup").length).toBeGreaterThan(0);
  for (const { spec } of jobs()) {
    expect(spec.concurrency_policy).toBe("Forbid");
    expect(spec.starting_deadline_seconds).toBeGreaterThanOrEqual(3600);
    expect(spec.job_template.spec.active_deadline_seconds).toBeLessThan(24 * 3600);
  }
});

test("none of them has a token of Kubernetes, or a right of root", () => {
  const accounts = backups.kubernetes_service_account_v1 ?? [];
  expect(accounts.length).toBeGreaterThan(0);
  for (const account of accounts) expect(account.automount_service_account_token).toBe(false);
  const text = JSON.stringify(restrictedContainer.capabilities);
  for (const { security_context } of containers()) {
    expect(security_context).toMatchObject({ read_only_root_filesystem: true, run_as_non_root: true });
    expect(JSON.stringify(security_context.capabilities)).toBe(text);
  }
});

test("a drill reads backups, and its server is reached by nobody else", () => {
  const [program, server] = containers("drill");
  expect(program?.volume_mount.find(({ name }) => name === "target")).toMatchObject({ read_only: true });
  expect(server?.args.slice(0, 2)).toEqual(["-a", "127.0.0.1"]);
});
