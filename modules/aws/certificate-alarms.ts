import { Construct } from "constructs";
import { formatDuration } from "../../model/config/units";
import { certificateMetrics, type ManagedCertificate } from "../../runtime/certificate-manager/env";
import { alarm } from "./alarm";
import type { LambdaProgram } from "./lambda-program";
import { deadLetterAlarm } from "./server-alarms";

export interface CertificateAlarmsProps {
  prefix: string;
  certificates: readonly ManagedCertificate[];
  program: LambdaProgram;
  topicArn?: string;
}

const daySeconds = 24 * 3600;
/** A public certificate is renewed with a third of its 90, later 45 days left. */
const publicDays = 10;

/** Alarms when certificates are not renewed in time. */
export class CertificateAlarms extends Construct {
  constructor(scope: Construct, id: string, { prefix, certificates, program, topicArn }: CertificateAlarmsProps) {
    super(scope, id);
    const { namespace, dimension, daysLeft } = certificateMetrics;
    for (const { id: certificate, secret, ttlSeconds } of certificates) {
      // Renewal starts with a third of the life left; at a sixth it has failed for as long as it may still take.
      const sixth = ttlSeconds === undefined ? publicDays * daySeconds : ttlSeconds / 6;
      const left = sixth < daySeconds ? Math.floor(sixth) : Math.floor(sixth / daySeconds) * daySeconds;
      alarm(this, `days-left-${certificate}`, {
        name: `${prefix}-certificate-${certificate}`,
        description: `Certificate ${certificate} ends in less than ${formatDuration(left * 1000)} and was not renewed, or is no longer checked. docs/runbooks/certificate-failure.md`,
        namespace,
        metric: daysLeft,
        dimensions: { [dimension]: secret },
        statistic: "Minimum",
        periodSeconds: daySeconds,
        periods: 1,
        comparison: "below",
        threshold: left / daySeconds,
        missing: "breaching",
        topicArn,
      });
    }
    deadLetterAlarm(this, prefix, "certificate-manager", program, topicArn);
  }
}
