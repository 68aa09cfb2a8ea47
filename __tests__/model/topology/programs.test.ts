import fc from "fast-check";
import { createAccount, createUser } from "nkeys.js";
import type { Environment, Trust } from "../../../model/config";
import { type LintResult, lint } from "../../../model/lint";
import { buildTopology, streamAccounts, type Topology } from "../../../model/topology";
import { AuthRules } from "../../../runtime/auth-callout/env";
import { StreamSpec } from "../../../runtime/streams/spec";
import { toAuthRules } from "../../../templates/callout-rules";
import { toStreamSpecs } from "../../../templates/stream-specs";
import { accepted } from "../../support/arbitrary-environment";
import { changed, parsed, today } from "../../support/lint-environment";

/*
 * Programs judge what they are told by rules of their own. What they would refuse after a deployment, `natsform check`
 * must refuse before it; what lint calls an error of theirs, they must really refuse.
 */

const keys = Array.from({ length: 8 }, () => createUser().getPublicKey());
const account = createAccount().getPublicKey();

/** Right in form: made once, since making keys takes most of the time. */
function trustOf({ environment, identity }: Topology): Trust {
  const services = Object.keys(identity.services).map((name, i) => [`service-${name}`, keys[i] ?? ""]);
  return {
    environment,
    example: false,
    issuer: account,
    xkey: "X",
    users: Object.fromEntries(services),
    accounts: Object.fromEntries(identity.accounts.map(({ name }) => [name, { publicKey: account }])),
  };
}

const errorsOf = ({ findings, acknowledged }: LintResult) =>
  [...findings, ...acknowledged].filter(({ severity }) => severity === "error").map(({ rule, at }) => ({ rule, at }));

function rulesProblems(environment: Environment): string[] {
  const topology = buildTopology(environment);
  const { error } = AuthRules.safeParse(toAuthRules(topology, trustOf(topology)));
  return error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
}

/** Rules of lint about what the responder reads. */
const responderRules = [
  ...["grant-everything", "grant-inboxes", "grant-jetstream-api", "grant-buckets", "grant-system-subjects"],
  ...["grant-acknowledgements", "service-placeholder", "connection-lifetime"],
];

test("the responder takes its rules, or lint says why it does not, and the other way round", () => {
  const seen = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(accepted, (environment) => {
      const found = errorsOf(lint(environment, buildTopology(environment), today)).filter(({ rule }) =>
        responderRules.includes(rule),
      );
      const refused = rulesProblems(environment);
      seen[refused.length > 0 ? "refused" : "taken"]++;
      if (found.length > 0 !== refused.length > 0)
        throw new Error(`lint: ${JSON.stringify(found)}; responder: ${refused.join("; ")}`);
    }),
    { numRuns: 600 },
  );
  expect(seen.taken).toBeGreaterThan(50);
  expect(seen.refused).toBeGreaterThan(50);
});

/** Rules of lint about a stream or consumer by itself, as the streams program reads it. */
const streamRules = [
  "subjects-overlap",
  "subjects-reserved",
  "stream-times-refused",
  "rollup-needs-purge",
  "consumer-filter-outside",
  "consumer-filters-overlap",
  "last-per-subject-unfiltered",
  "consumer-replicas-mismatch",
  "workqueue-consumer-policy",
  "workqueue-consumers-overlap",
];

/**
 * Where the two still differ: the program refuses the bare token `$SYS` and advisories such as `$JS.EVENT.>`, which
 * lint takes, and a consumer that asks for `>`, which means the same as no filter.
 */
const isKnown = ({ subjects, consumers }: StreamSpec) =>
  subjects.some((subject) => /^\$(JS|JSC|NRG|SYS)(\.(EVENT|ACCOUNT)\..*)?$/.test(subject)) ||
  consumers.some(({ filterSubjects }) => filterSubjects.includes(">"));

test("the streams program takes every stream, or lint names that stream with an error", () => {
  const seen = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(accepted, (environment) => {
      const topology = buildTopology(environment);
      const errors = errorsOf(lint(environment, topology, today)).filter(({ rule }) => streamRules.includes(rule));
      for (const [i, { name, cluster, account }] of topology.streams.entries()) {
        const spec = toStreamSpecs(topology, cluster, account).find((each) => each.name === name) as StreamSpec;
        const { success, error } = StreamSpec.safeParse(spec);
        seen[success ? "taken" : "refused"]++;
        if (success || isKnown(spec) || errors.some(({ at }) => at.startsWith(`streams[${i}]`))) continue;
        const said = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
        throw new Error(`lint is silent; the program: ${said.join("; ")}\n${JSON.stringify(spec)}`);
      }
    }),
    { numRuns: 1000 },
  );
  expect(seen.taken).toBeGreaterThan(50);
  expect(seen.refused).toBeGreaterThan(50);
});

test("the streams of a cluster are those of its accounts, each once", () => {
  fc.assert(
    fc.property(accepted, (environment) => {
      const topology = buildTopology(environment);
      const specs = topology.clusters.flatMap(({ name }) =>
        streamAccounts(topology, name).flatMap((each) => toStreamSpecs(topology, name, each).map((spec) => spec.name)),
      );
      expect(specs.sort()).toEqual(topology.streams.map(({ name }) => name).sort());
    }),
  );
});

test("conditions and subjects reach the responder as they were written", () => {
  const environment = parsed(changed({}));
  expect(rulesProblems(environment)).toEqual([]);
  const { permissions, maxLifetimeSeconds } = toAuthRules(
    buildTopology(environment),
    trustOf(buildTopology(environment)),
  );
  expect(maxLifetimeSeconds).toBe(3600);
  expect(permissions[1]).toMatchObject({ when: [{ claim: "roles", includes: "editor" }] });
  expect(permissions[0]?.publish.allow).toEqual(["user.{sub}.>", "$SYS.REQ.USER.INFO"]);
});
