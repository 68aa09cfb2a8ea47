import { Network } from "../../../modules/aws/network";
import { made } from "../../support/construct";

const network = made(
  (scope) => new Network(scope, "n", { name: "demo", region: "eu-west-1", cidr: "10.0.0.0/20", zones: ["a", "b"] }),
);

test("a public address is something to ask for", () => {
  const subnets = network.aws_subnet ?? [];
  expect(subnets).toHaveLength(4);
  for (const subnet of subnets) expect(subnet.map_public_ip_on_launch).toBe(false);
});

test("what has no security group of its own reaches nothing", () => {
  const [group, ...others] = network.aws_default_security_group ?? [];
  expect(others).toEqual([]);
  expect(group).toMatchObject({ vpc_id: expect.stringContaining("aws_vpc") });
  expect(group).not.toHaveProperty("ingress");
  expect(group).not.toHaveProperty("egress");
});

test("private subnets have no way to the internet of their own", () => {
  expect(network.aws_route).toEqual([
    expect.objectContaining({ route_table_id: expect.stringContaining("public"), destination_cidr_block: "0.0.0.0/0" }),
  ]);
});
