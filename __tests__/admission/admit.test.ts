import {
  admit,
  type Candidate,
  formatRefusal,
  isAdmitted,
  type Purpose,
  RefusedError,
  refuseUnadmitted,
} from "../../admission";
import { responderProblems } from "../../admission/responder-problems";
import { standInTrust } from "../../admission/stand-in-trust";
import demo from "../../environments/demo";
import kubernetesProduction from "../../environments/kubernetes-production";
import { type EnvironmentInput, formatProblems, parseEnvironment, Trust } from "../../model/config";
import { buildTopology, isOnKubernetes, trustProblems } from "../../model/topology";
import { kubernetesContext } from "../../modules/kubernetes/context";
import { monitoringObjects } from "../../modules/kubernetes/monitoring-objects";
import { helmValues, valuesProblems } from "../../templates/helm-values";
import { shipped } from "../support/config-mutations";
import { joinedEnvironment, joinedLeaf } from "../support/joined-environment";

const file = "environments/demo.trust.json";
const purposes: (Purpose | undefined)[] = [undefined, "deployment", "emulation", "twin", "removal"];

function candidate(input: EnvironmentInput, change: Partial<Candidate> = {}): Candidate {
  const { environment, problems } = parseEnvironment(input);
  if (!environment) throw new Error(formatProblems("input", problems));
  return { environment, topology: buildTopology(environment), today: "2026-11-29", ...change };
}

const real = (input: EnvironmentInput) => ({
  file: `environments/${input.name}.trust.json`,
  problems: [],
  trust: { ...standInTrust(candidate(input).topology), example: false },
});

function withChartValues(values: Record<string, unknown>): EnvironmentInput {
  const input = structuredClone(kubernetesProduction) as EnvironmentInput;
  const platform = Object.values(input.clusters)[0]?.platform;
  if (platform?.kind !== "kubernetes") throw new Error("is not on Kubernetes");
  platform.chart = { ...platform.chart, values };
  return input;
}

test.each(shipped)("$name is admitted for every purpose, with keys of its own", (input) => {
  for (const purpose of purposes) {
    const verdict = admit(candidate(input, { purpose, trust: real(input) }));
    expect({ purpose, said: formatRefusal(verdict), admitted: isAdmitted(verdict) }).toEqual({
      purpose,
      said: "",
      admitted: true,
    });
  }
});

describe("keys that nobody holds", () => {
  const example = { ...real(demo), trust: { ...real(demo).trust, example: true } };
  const missing = { file, problems: [] };
  const verdicts = (trust: Candidate["trust"]) =>
    purposes.map((purpose) => {
      const { problems, lint } = admit(candidate(demo, { purpose, trust }));
      return [purpose ?? "none yet", problems[0]?.problems[0]?.message, lint.findings.map(({ rule }) => rule).join()];
    });

  test("of an example are refused for a deployment alone, and are a warning while nothing is chosen", () => {
    expect(verdicts(example)).toEqual([
      ["none yet", undefined, "trust-file-example"],
      ["deployment", "nobody holds the keys of an example, so nobody could log in", ""],
      ["emulation", undefined, ""],
      ["twin", undefined, ""],
      ["removal", undefined, ""],
    ]);
  });

  test("since there is no file are refused wherever a file is gone by", () => {
    const message = "there is no trust file, so nobody could log in";
    expect(verdicts(missing)).toEqual([
      ["none yet", undefined, "trust-file-missing"],
      ...["deployment", "emulation", "twin", "removal"].map((purpose) => [purpose, message, ""]),
    ]);
    expect(verdicts(undefined).every(([, message, rules]) => message === undefined && rules === "")).toBe(true);
  });

  test("are nobody's own: clusters that share theirs are told so, unless an operator of others lists them", () => {
    const joined = joinedEnvironment({
      hub: { platform: { kind: "kubernetes", flavor: "gke" }, leafHub: true, leafAddress: "leaf.example.com" },
      edge: joinedLeaf("edge", "eu-west-1"),
    });
    const rules = (input: EnvironmentInput, change: Partial<Trust>) => {
      const trust = { ...real(input), trust: { ...real(input).trust, ...change } };
      return admit(candidate(input, { trust })).lint.findings.map(({ rule }) => rule);
    };
    const { issuer, xkey, users } = standInTrust(candidate(joined).topology);
    const edge = { issuer, xkey, users: { ...users, "leaf-edge-APP": undefined } as unknown as Trust["users"] };
    expect(rules(joined, {})).toContain("keys-shared-by-clusters");
    expect(rules(joined, { imported: true })).not.toContain("keys-shared-by-clusters");
    expect(rules(joined, { cluster: "hub", clusters: { edge } })).not.toContain("keys-shared-by-clusters");
    expect(rules(demo, {})).not.toContain("keys-shared-by-clusters");
  });

  test("say the fix, and the file", () => {
    const said = formatRefusal(admit(candidate(demo, { purpose: "deployment", trust: example })));
    expect(said).toBe(
      [
        `${file}: 1 error`,
        "  ✖ example: nobody holds the keys of an example, so nobody could log in; got true",
        "    fix: natsform keys init demo makes real keys",
      ].join("\n"),
    );
  });
});

test("everything that stands against an environment is said at once", () => {
  const input = withChartValues({ podTemplat: {} });
  (input.identity as { maxLifetime?: string }).maxLifetime = "25h";
  const trust = { ...real(input), trust: { ...real(input).trust, users: {}, example: true } };
  const verdict = admit(candidate(input, { purpose: "deployment", trust }));
  const said = formatRefusal(verdict);
  expect(isAdmitted(verdict)).toBe(false);
  expect(() => refuseUnadmitted(verdict)).toThrow(new RefusedError(verdict));
  expect(said).toMatch(
    /^environments\/kubernetes-production\.ts: 1 error\n {2}✖ clusters\.\w+\.platform\.chart\.values\.podTemplat: is no key of the chart.*\n {4}fix: did you mean "podTemplate"\?/,
  );
  expect(said).toMatch(/\n {2}✖ users\.sys: is missing/);
  expect(said).toContain("nobody holds the keys of an example");
  expect(said).toMatch(/kubernetes-production has one lint error:\n {2}✖ identity\.maxLifetime: .*\n {4}fix: /);
  // What it is removed with needs its keys alone.
  const removal = formatRefusal(admit(candidate(input, { purpose: "removal", trust })));
  expect(removal).toMatch(/users\.sys: is missing/);
  expect(removal).not.toMatch(/chart|example|lint/);
});

test("an acknowledgement counts until its day", () => {
  const input = structuredClone(demo) as EnvironmentInput;
  const [stream] = input.streams ?? [];
  if (!stream) throw new Error("no stream");
  Object.assign(stream, { replicas: 1, maxAge: "1d" });
  input.acknowledge = [
    ...(input.acknowledge ?? []),
    { rule: "few-replicas-not-durable", reason: "until the disks are replaced", expires: "2026-12-01" },
    { rule: "ephemeral-single-copy", reason: "until the disks are replaced", expires: "2027-12-01" },
  ];
  const on = (today: string) =>
    isAdmitted(admit(candidate(input, { purpose: "deployment", trust: real(input), today })));
  expect([on("2026-11-30"), on("2026-12-01")]).toEqual([true, false]);
});

describe("what the responders refuse when they start", () => {
  const withIdentity = (change: (identity: EnvironmentInput["identity"]) => void, acknowledged: string[] = []) => {
    const input = structuredClone(demo) as EnvironmentInput;
    change(input.identity);
    const accepted = { reason: "I know what I do", expires: "2027-01-01" };
    input.acknowledge = [...(input.acknowledge ?? []), ...acknowledged.map((rule) => ({ rule, ...accepted }))];
    return admit(candidate(input, { purpose: "deployment", trust: real(input) }));
  };
  const listening = (subject: string) => (identity: EnvironmentInput["identity"]) => {
    identity.services = { api: { account: "APP", subscribe: { allow: [subject] } } };
  };

  test.each([
    ["inboxes of others", "_INBOX.>", "grant-inboxes"],
    ["a placeholder", "user.{sub}", "service-placeholder"],
  ])("%s of a service is refused, and cannot be acknowledged", (_, subject, rule) => {
    const verdict = withIdentity(listening(subject), [rule]);
    expect(isAdmitted(verdict)).toBe(false);
    expect(verdict.lint.acknowledged.map((one) => one.rule)).not.toContain(rule);
    expect(verdict.lint.findings.map(({ rule, at }) => `${rule} ${at}`)).toEqual(
      expect.arrayContaining([
        `${rule} identity.services.api.subscribe.allow[0]`,
        expect.stringMatching(/^acknowledgement-of-impossible acknowledge\[\d\]\.rule$/),
      ]),
    );
    // Said once.
    expect(verdict.problems).toEqual([]);
  });

  test("is said by their own schema, where no rule has found it, at its place", () => {
    const { environment, topology } = candidate(demo);
    const { identity } = topology;
    const [first, ...others] = identity.permissions;
    if (!first) throw new Error("no permissions");
    const permissions = [{ ...first, publish: { allow: ["_INBOX.>"], deny: [] } }, ...others];
    const services = {
      one: { ...identity.services["main-api"], account: "NONE" },
      two: { ...identity.services["main-api"], subscribe: { allow: ["user.{sub}"], deny: [] } },
    } as typeof identity.services;
    const changed = { ...topology, identity: { ...identity, permissions, services, maxLifetimeMs: 90_000_000 } };
    const places = (found: string[]) =>
      responderProblems(environment, changed, new Set(found)).map(({ path }) => path.join("."));
    const all = [
      "identity.permissions.0.publish.allow.0",
      "identity.maxLifetime",
      "identity.services.one.account",
      "identity.services.two.subscribe.allow.0",
    ];
    expect(places([])).toEqual(all);
    expect(places(["identity.maxLifetime"])).toEqual(all.filter((place) => place !== "identity.maxLifetime"));
  });
});

test.each(shipped)(
  "the keys that stand in for those of $name are all that it needs, and of the right form",
  (input) => {
    const { topology } = candidate(input);
    const trust = standInTrust(topology);
    expect(trustProblems(topology, trust)).toEqual([]);
    expect(Trust.parse(trust)).toEqual(trust);
  },
);

describe("values of the chart", () => {
  test.each([
    ["an unknown key", { podTemplat: {} }, "podTemplat"],
    ["a map where the chart has a value", { serviceAccount: { name: { a: 1 } } }, "serviceAccount.name"],
    ["text that the chart cannot print", { config: { merge: { name: "<< $A; b >>" } } }, "config.merge.name"],
  ])("%s is refused as the release would refuse it", (_, values, place) => {
    const input = withChartValues(values);
    const { environment, topology } = candidate(input);
    const said = admit(candidate(input)).problems.flatMap(({ problems }) => problems);
    expect(said.map(({ path }) => path.slice(5).join("."))).toEqual([place]);
    const { trust } = real(input);
    const released = topology.clusters.filter(isOnKubernetes).flatMap((cluster) => {
      const context = kubernetesContext(
        { environment, topology, trust, settings: { root: ".", environments: [] } },
        cluster,
      );
      const extraResources = monitoringObjects(context);
      const own = valuesProblems(cluster.platform.chart.values);
      if (own.length > 0) return own;
      return valuesProblems(helmValues({ topology, trust, cluster, storageClass: "any", extraResources }));
    });
    expect(said.map(({ path, ...rest }) => ({ path: path.slice(5), ...rest }))).toEqual(released);
  });

  test("that a setting stands for are refused with its name, and beside them what else is wrong", () => {
    const values = {
      config: { cluster: { replicas: 5 }, jetstream: { fileStore: { pvc: { storageClass: "fast" } } } },
    };
    const said = formatRefusal(admit(candidate(withChartValues(values))));
    expect(said).toMatch(
      /chart\.values\.config\.cluster\.replicas: is what a setting .*; got 5\n.* set clusters\.nats\.size$/m,
    );
    expect(said).toMatch(/pvc\.storageClass: is no key of the chart/);
  });

  test("that NATS has no notation for are named, whatever would be made of them", () => {
    const said = formatRefusal(admit(candidate(withChartValues({ config: { merge: { 'a"b': 1 } } }))));
    expect(said).toMatch(/config\.merge\[.*: holds text that the chart cannot hand on/);
  });

  test("that are labels of monitoring are right in themselves", () => {
    const input = withChartValues({});
    const platform = Object.values(input.clusters)[0]?.platform as { monitoring?: object };
    platform.monitoring = {
      monitor: "pod",
      from: [{ namespace: "monitoring" }],
      labels: { release: "<< x >>", "a b": "c", "example.com/team": "nats-1.a_b" },
    };
    const { problems } = parseEnvironment(input);
    expect(problems.map(({ path, message }) => `${path.at(-1)}: ${message}`)).toEqual([
      "a b: must be the name of a label such as release or example.com/team",
      'release: must be the value of a label: at most 63 letters, digits, "-", "_" and "."',
    ]);
  });
});
