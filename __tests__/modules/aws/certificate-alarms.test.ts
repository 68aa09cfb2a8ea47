import { CertificateAlarms } from "../../../modules/aws/certificate-alarms";
import type { LambdaProgram } from "../../../modules/aws/lambda-program";
import type { ManagedCertificate } from "../../../runtime/certificate-manager/env";
import { made } from "../../support/construct";

const day = 24 * 3600;
const certificates = [
  { id: "public", secret: "public" },
  { id: "internal", secret: "internal", ttlSeconds: 90 * day },
  { id: "routes", secret: "routes", ttlSeconds: day },
] as unknown as ManagedCertificate[];
const alarms = made(
  (scope) =>
    new CertificateAlarms(scope, "a", {
      prefix: "demo-core",
      certificates,
      program: { deadLetters: { name: "dead" } } as LambdaProgram,
    }),
).aws_cloudwatch_metric_alarm;

test("a certificate that nobody looks at is an alarm, as is one that was not renewed", () => {
  const [internal, shared] = ["internal", "public"].map((id) =>
    alarms?.find(({ alarm_name }) => alarm_name === `demo-core-certificate-${id}`),
  );
  const rings = { comparison_operator: "LessThanThreshold", treat_missing_data: "breaching" };
  expect(internal).toMatchObject({ ...rings, threshold: 15 });
  expect(shared).toMatchObject({ ...rings, threshold: 10 });
});

test("a certificate that lives for a day is no alarm while it is renewed in time", () => {
  const routes = alarms?.find(({ alarm_name }) => alarm_name === "demo-core-certificate-routes");
  // Renewed with eight hours left, and looked at every two.
  expect(routes).toMatchObject({ threshold: 4 / 24, alarm_description: expect.stringContaining("less than 4h ") });
});
