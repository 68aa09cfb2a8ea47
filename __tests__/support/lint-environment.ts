import { type Environment, type EnvironmentInput, parseEnvironment } from "../../model/config";
import { lint } from "../../model/lint";
import { buildTopology } from "../../model/topology";

/** A reference by digest, of no image that there is. */
export const pinned = (image: string) => `${image}@sha256:${"0".repeat(64)}`;

/** An environment with something of every kind, in which no rule finds anything. */
export const baseEnvironment: EnvironmentInput = {
  name: "lint",
  identity: {
    mode: "callout",
    oidc: { issuer: "https://tenant.eu.auth0.com/", audience: "https://api.example.com" },
    permissions: [
      { account: "APP", publish: { allow: ["user.{sub}.>"] }, subscribe: { allow: ["user.{sub}.>"] } },
      { account: "APP", when: [{ claim: "roles", includes: "editor" }], publish: { allow: ["news.>"] } },
    ],
    services: {
      api: {
        account: "APP",
        publish: { allow: ["orders.>", "$JS.API.STREAM.INFO.ORDERS"] },
        subscribe: { allow: ["user.>"] },
      },
    },
  },
  accounts: { APP: {}, OTHER: {} },
  clusters: {
    core: {
      platform: { kind: "aws-ec2", region: "eu-west-1", domain: "core.example.com" },
      jetstream: { memory: "1GiB", file: "50GiB", uniqueTag: "az:" },
      websocket: { allowedOrigins: ["https://app.example.com"] },
      leafHub: true,
      backup: { to: "s3://backups/core", locked: true },
    },
    edge: {
      platform: {
        kind: "kubernetes",
        flavor: "gke",
        images: { nats: pinned("nats:2.15.2-alpine"), reloader: pinned("reloader:1"), exporter: pinned("exporter:1") },
      },
      leafOf: { cluster: "core" },
    },
    mesh: {
      platform: {
        kind: "hosts",
        hosts: [
          { name: "dk", address: "192.0.2.1", meshAddress: "10.9.0.1", tags: ["territory:dk"] },
          { name: "no", address: "192.0.2.2", meshAddress: "10.9.0.2", tags: ["territory:no"] },
          { name: "se", address: "192.0.2.3", meshAddress: "10.9.0.3", tags: ["territory:se"] },
        ],
      },
      jetstream: { memory: "1GiB", file: "10GiB", durability: "durable" },
      backup: { to: "s3://backups/mesh", locked: true },
    },
  },
  streams: [
    {
      name: "ORDERS",
      cluster: "core",
      subjects: ["orders.>"],
      maxAge: "7d",
      maxBytes: "1GiB",
      examples: ["orders.42.placed"],
      consumers: [{ name: "fulfilment", filterSubjects: ["orders.*.placed"] }],
    },
  ],
};

/** New values by place, written as findings write places. `undefined` removes what stands there. */
export type Changes = Readonly<Record<string, unknown>>;

/** `streams[0].subjects` -> `["streams", 0, "subjects"]`: the inverse of `formatPath`. */
export function parsePlace(place: string): (string | number)[] {
  const parts = [...place.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\.?([^.[\]]+)/g)];
  return parts.map(([, quoted, index, name]) =>
    quoted !== undefined ? (JSON.parse(`"${quoted}"`) as string) : index !== undefined ? Number(index) : (name ?? ""),
  );
}

/** The base environment with changes, as an environment file would hold it. */
export function changed(changes: Changes): EnvironmentInput {
  const environment = structuredClone(baseEnvironment);
  for (const [place, value] of Object.entries(changes)) {
    const path = parsePlace(place);
    let target = environment as unknown as Record<string | number, unknown>;
    for (const part of path.slice(0, -1)) {
      target[part] ??= {};
      target = target[part] as typeof target;
    }
    target[path.at(-1) ?? ""] = value;
  }
  return environment;
}

/** @throws with the problems, when the schema refuses it: a fixture must be legal to be lintable */
export function parsed(input: unknown): Environment {
  const { environment, problems } = parseEnvironment(input);
  if (!environment) throw new Error(JSON.stringify(problems, null, 2));
  return environment;
}

export const today = "2027-01-15";

export function lintChanged(changes: Changes, day = today) {
  const environment = parsed(changed(changes));
  return lint(environment, buildTopology(environment), day);
}
