import type { Listener } from "../../../model/topology";
import { ServerSecurityGroup } from "../../../modules/aws/server-security-group";
import { made } from "../../support/construct";

const listener = (name: string, port: number, exposure: Listener["exposure"]) => ({ name, port, exposure }) as Listener;

const group = made(
  (scope) =>
    new ServerSecurityGroup(scope, "g", {
      name: "demo-core-servers",
      vpcId: "vpc",
      vpcRange: "10.0.0.0/20",
      listeners: [
        listener("client", 4222, "internal"),
        listener("routes", 6222, "peers"),
        listener("monitoring", 8222, "named"),
        listener("websocket", 443, "public"),
      ],
      monitoringFrom: ["sg-monitoring", "10.1.0.0/24"],
      dialsHub: false,
      storesOnEfs: false,
    }),
);
const peers = (port: number) =>
  (group.aws_vpc_security_group_ingress_rule ?? [])
    .filter(({ from_port, to_port }) => from_port === port && to_port === port)
    .map(({ cidr_ipv4, referenced_security_group_id }) => cidr_ipv4 ?? referenced_security_group_id);

test("an internal listener is open to the VPC alone", () => expect(peers(4222)).toEqual(["10.0.0.0/20"]));

test("routes are open to the servers of the cluster, and not to all that the network has", () =>
  expect(peers(6222)).toEqual([expect.stringMatching(/^\$\{aws_security_group\..*\.id\}$/)]));

test("monitoring is open to those who are named", () =>
  expect(peers(8222).sort()).toEqual(["10.1.0.0/24", "sg-monitoring"]));

test("what is public is open to everybody", () => expect(peers(443)).toEqual(["0.0.0.0/0"]));

test("no rule opens a port that nobody listens on", () => {
  const ports = (group.aws_vpc_security_group_ingress_rule ?? []).map(({ from_port }) => from_port);
  expect([...new Set(ports)].sort()).toEqual([4222, 443, 6222, 8222]);
});
