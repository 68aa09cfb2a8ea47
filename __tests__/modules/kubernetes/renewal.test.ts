import { CertificateRenewal } from "../../../modules/kubernetes/renewal";
import { made } from "../../support/construct";
import { onKubernetes } from "../../support/kubernetes-context";

test("certificates are looked at several times a day, by one job at a time, which ends", async () => {
  const context = await onKubernetes();
  const [job] = made((scope) => new CertificateRenewal(scope, "r", context)).kubernetes_cron_job_v1 ?? [];
  expect(job?.spec).toMatchObject({
    schedule: expect.stringMatching(/^\d+ \*\/6 \* \* \*$/),
    concurrency_policy: "Forbid",
    job_template: { spec: { active_deadline_seconds: 1800 } },
  });
});

test("certificates that live for minutes are looked at every minute", async () => {
  const context = await onKubernetes((cluster) => {
    cluster.tls = { ...cluster.tls, ttl: "12m" };
  });
  const [job] = made((scope) => new CertificateRenewal(scope, "r", context)).kubernetes_cron_job_v1 ?? [];
  expect(job?.spec).toMatchObject({ schedule: "*/1 * * * *" });
});
