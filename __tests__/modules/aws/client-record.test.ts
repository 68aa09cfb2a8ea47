import { ClientRecord } from "../../../modules/aws/client-record";
import { made } from "../../support/construct";

test("an apply leaves the addresses that dns-sync wrote, and says whose the record is before it is there", () => {
  const records = made(
    (scope) =>
      new ClientRecord(scope, "r", { zoneId: "Z", name: "nats.example.com", owner: "demo/core", ttlSeconds: 30 }),
  ).aws_route53_record;
  const record = records?.find(({ type }) => type === "A");
  const owner = records?.find(({ type }) => type === "TXT");
  expect(record?.lifecycle).toEqual({ ignore_changes: ["records", "ttl"] });
  expect(record?.depends_on).toEqual([expect.stringContaining("owner")]);
  expect(owner?.records).toEqual(["demo/core"]);
});
