import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

const account = "123456789012";
const cluster = `arn:aws:ecs:eu-west-1:${account}:cluster/demo`;
const arn = (i: number) => `arn:aws:ecs:eu-west-1:${account}:task/demo/${String(i).padStart(32, "0")}`;
const interfaceId = (i: number) => `eni-${String(i).padStart(17, "0")}`;

/** Answers of AWS about some healthy servers, as they go over the wire; the record already lists these servers. */
export function answersAbout(servers: number) {
  const numbers = Array.from({ length: servers }, (_, i) => i);
  const described = JSON.stringify({ tasks: numbers.map(task), failures: [] });
  const interfaces = numbers.map(networkInterface).join("");
  const values = numbers.map((i) => `<ResourceRecord><Value>198.51.100.${i + 1}</Value></ResourceRecord>`).join("");
  return {
    "ecs:ListTasks": (body: string) =>
      JSON.stringify({ taskArns: [arn(Number(/core-(\d+)/.exec(body)?.[1]))], nextToken: undefined }),
    "ecs:DescribeTasks": () => described,
    "ec2:DescribeNetworkInterfaces": () =>
      `<?xml version="1.0"?><DescribeNetworkInterfacesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId><networkInterfaceSet>${interfaces}</networkInterfaceSet></DescribeNetworkInterfacesResponse>`,
    "route53:TXT": () =>
      recordSet(
        "_natsform.nats.example.com.",
        "TXT",
        "<ResourceRecord><Value>&quot;natsform:demo/core&quot;</Value></ResourceRecord>",
      ),
    "route53:A": () => recordSet("nats.example.com.", "A", values),
  };
}

export const servicesOf = (servers: number) => Array.from({ length: servers }, (_, i) => `demo-core-${i}`);

/** One of these answers as the SDK's HTTP handler would bring it. */
export function toResponse(text: string) {
  const body = Readable.from([Buffer.from(text)]) as IncomingMessage;
  return { response: { statusCode: 200, headers: { "content-type": "text/xml" }, body } };
}

function task(i: number) {
  const at = 1795246892.979;
  const image = `${account}.dkr.ecr.eu-west-1.amazonaws.com/demo/nats@sha256:${"0".repeat(64)}`;
  const container = (name: string) => ({
    containerArn: `arn:aws:ecs:eu-west-1:${account}:container/demo/${i}/${name}`,
    taskArn: arn(i),
    name,
    image,
    imageDigest: `sha256:${"0".repeat(64)}`,
    runtimeId: `${i}-${name}`,
    lastStatus: "RUNNING",
    networkBindings: [],
    networkInterfaces: [{ attachmentId: `a-${i}`, privateIpv4Address: `10.0.1.${i}` }],
    healthStatus: "HEALTHY",
    cpu: "0",
  });
  const details = Object.entries({
    subnetId: "subnet-00000000000000000",
    networkInterfaceId: interfaceId(i),
    macAddress: "0a:00:00:00:00:00",
    privateDnsName: `ip-10-0-1-${i}.eu-west-1.compute.internal`,
    privateIPv4Address: `10.0.1.${i}`,
  }).map(([name, value]) => ({ name, value }));
  return {
    attachments: [{ id: `a-${i}`, type: "ElasticNetworkInterface", status: "ATTACHED", details }],
    attributes: [{ name: "ecs.cpu-architecture", value: "arm64" }],
    availabilityZone: "eu-west-1a",
    clusterArn: cluster,
    connectivity: "CONNECTED",
    connectivityAt: at,
    containers: ["folders", "agent", "server"].map(container),
    cpu: "1024",
    createdAt: at,
    desiredStatus: "RUNNING",
    enableExecuteCommand: false,
    group: `service:demo-core-${i}`,
    healthStatus: "HEALTHY",
    lastStatus: "RUNNING",
    launchType: "FARGATE",
    memory: "2048",
    overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [] },
    platformFamily: "Linux",
    platformVersion: "1.4.0",
    pullStartedAt: at,
    pullStoppedAt: at,
    startedAt: at,
    startedBy: "ecs-svc/0",
    tags: [],
    taskArn: arn(i),
    taskDefinitionArn: `arn:aws:ecs:eu-west-1:${account}:task-definition/demo-core-${i}:7`,
    version: 4,
  };
}

function networkInterface(i: number): string {
  const association = `<association><allocationId>eipalloc-${i}</allocationId><ipOwnerId>amazon</ipOwnerId><publicDnsName>ec2-198-51-100-${i + 1}.eu-west-1.compute.amazonaws.com</publicDnsName><publicIp>198.51.100.${i + 1}</publicIp></association>`;
  const groups =
    "<groupSet><item><groupId>sg-00000000000000000</groupId><groupName>demo-core</groupName></item></groupSet>";
  return `<item><networkInterfaceId>${interfaceId(i)}</networkInterfaceId><subnetId>subnet-00000000000000000</subnetId><vpcId>vpc-00000000000000000</vpcId><availabilityZone>eu-west-1a</availabilityZone><description>arn:aws:ecs:eu-west-1:${account}:attachment/${i}</description><ownerId>${account}</ownerId><requesterManaged>true</requesterManaged><status>in-use</status><macAddress>0a:00:00:00:00:00</macAddress><privateIpAddress>10.0.1.${i}</privateIpAddress><sourceDestCheck>true</sourceDestCheck>${groups}${association}<interfaceType>interface</interfaceType></item>`;
}

const recordSet = (name: string, type: string, values: string) =>
  `<?xml version="1.0"?><ListResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ResourceRecordSets><ResourceRecordSet><Name>${name}</Name><Type>${type}</Type><TTL>60</TTL><ResourceRecords>${values}</ResourceRecords></ResourceRecordSet></ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>1</MaxItems></ListResourceRecordSetsResponse>`;
