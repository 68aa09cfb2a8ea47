import { EndpointEgress } from "../../../modules/aws/egress";
import { Network } from "../../../modules/aws/network";
import { made } from "../../support/construct";

test("endpoints of AWS answer the VPC alone", () => {
  const region = "eu-west-1";
  const cidr = "10.0.0.0/20";
  const egress = made((scope) => {
    const network = new Network(scope, "n", { name: "demo", region, cidr, zones: ["a"] });
    new EndpointEgress(scope, "e", { name: "demo", network, region, cidr });
  });
  expect(egress.aws_vpc_security_group_ingress_rule).toEqual([
    expect.objectContaining({ cidr_ipv4: cidr, from_port: 443, to_port: 443 }),
  ]);
});
