import { CertificateKeys } from "../../../cli/emulator/certificate-keys";
import { jsonAnswer } from "../../../cli/emulator/proxy";
import type { AwsRequest } from "../../../cli/emulator/request";

const request = (action: string, input: object): AwsRequest => ({
  ...{ method: "POST", path: "/", headers: {}, service: "acm", region: "eu-west-1", fromTerraform: true },
  action,
  body: Buffer.from(JSON.stringify(input)),
});

test("a certificate has the key that was asked for, and one that nobody asked for has moto's", () => {
  const keys = new CertificateKeys();
  const made = jsonAnswer(200, { CertificateArn: "one" });
  expect(keys.complete(request("RequestCertificate", { KeyAlgorithm: "EC_prime256v1" }), made)).toBe(made);
  const moto = jsonAnswer(200, { Certificate: { Status: "ISSUED", KeyAlgorithm: "RSA_2048" } });
  const { headers, body } = keys.complete(request("DescribeCertificate", { CertificateArn: "one" }), moto);
  expect(JSON.parse(body.toString("utf8"))).toEqual({
    Certificate: { Status: "ISSUED", KeyAlgorithm: "EC_prime256v1" },
  });
  expect(headers["content-length"]).toBe(body.length);
  expect(keys.complete(request("DescribeCertificate", { CertificateArn: "other" }), moto)).toBe(moto);
  const refused = jsonAnswer(400, {});
  expect(keys.complete(request("DescribeCertificate", { CertificateArn: "one" }), refused)).toBe(refused);
});
