import demo from "../../../environments/demo";
import { type EnvironmentInput, parseEnvironment } from "../../../model/config";

type Platform = Record<string, unknown>;

/** Problems of demo with its platform changed, and of a second cluster where one is given. */
function problems(
  platform: Platform,
  second?: Platform,
  change: (input: EnvironmentInput) => void = () => undefined,
): string[] {
  const input = structuredClone(demo) as EnvironmentInput;
  const core = input.clusters.core;
  if (!core) throw new Error("demo has no cluster core");
  Object.assign(core.platform, platform);
  if (second)
    input.clusters.other = { platform: { ...core.platform, domain: "other.example.com", ...second } as never };
  change(input);
  return parseEnvironment(input, input.name).problems.map(({ path, message }) => `${path.join(".")} ${message}`);
}

test("what the shipped environment says is fine", () => expect(problems({}, {})).toEqual([]));

test.each(["10.0.0.0/8", "10.0.0.0/23"])("the range %s cannot be divided", (cidr) => {
  expect(problems({ network: { cidr } })).toEqual([expect.stringContaining("must be a /16 to a /22")]);
});

test("clusters of one region share one network", () => {
  const differs = [expect.stringContaining("clusters.other.platform.network is not the network of cluster core")];
  expect(problems({}, { network: { egress: "endpoints" } })).toEqual(differs);
  expect(problems({}, { network: { vpcId: "vpc-0a1b2c3d" } })).toEqual(differs);
  expect(problems({}, { network: { cidr: "10.0.0.0/16", egress: "nat" } })).toEqual([]);
  expect(problems({}, { region: "eu-central-1", network: { egress: "endpoints" } })).toEqual([]);
});

test("two clusters cannot have one name for clients", () => {
  expect(problems({}, { domain: "demo.example.com" })).toEqual([
    expect.stringContaining("is the domain of cluster core too"),
  ]);
});

test("names that AWS would refuse are refused here", () => {
  const rename = (name: string) => (input: EnvironmentInput) => {
    input.name = name;
  };
  expect(problems({}, undefined, rename("a".repeat(31)))).toEqual([
    expect.stringMatching(/^clusters.core is too long .* has 36 characters, and AWS leaves 35/),
  ]);
  const [problem] = problems({ region: "ap-southeast-3" }, undefined, rename("a".repeat(29)));
  expect(problem).toMatch(/^name is too long: its bucket in ap-southeast-3 would have a name of 64 characters/);
});

test("ACM PCA needs an authority for each purpose", () => {
  const arn = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/0a";
  const issue = (authorities?: Record<string, string>) => (input: EnvironmentInput) => {
    if (input.clusters.core) input.clusters.core.tls = { issuer: "acm-pca", authorities: authorities as never };
  };
  expect(problems({}, undefined, issue())).toEqual([
    expect.stringContaining("clusters.core.tls.authorities internal is required"),
    expect.stringContaining("clusters.core.tls.authorities routes is required"),
  ]);
  expect(problems({}, undefined, issue({ internal: arn, routes: arn }))).toEqual([]);
});
