import { Zone } from "../../../modules/aws/zone";
import { made } from "../../support/construct";

test("a zone goes with its records only where nothing is protected", () => {
  const zones = [true, false].map(
    (deletionProtection) =>
      made((scope) => new Zone(scope, "z", { domain: "demo.example.com", environment: "demo", deletionProtection }))
        .aws_route53_zone?.[0],
  );
  expect(zones.map((zone) => zone?.force_destroy)).toEqual([false, true]);
});
