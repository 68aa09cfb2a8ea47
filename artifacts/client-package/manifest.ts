import packageJson from "../../package.json";

/** Name under which services install the client library. */
export const clientPackage = "@natsform/client";

/** Entry points of the package by the name of their files, with their source. */
export const clientEntries = {
  index: "runtime/client/public.ts",
  /** A server for tests of services. */
  testing: "runtime/client-testing/index.ts",
  /** `nats` 2.29, for those who have installed it. */
  nats2: "runtime/client/nats2-entry.ts",
  /** Event streams of the HTTP gateway, for pages: it knows nothing of NATS or Node. */
  events: "runtime/client-events/index.ts",
} as const;

const needed = [
  "@nats-io/jetstream",
  "@nats-io/kv",
  "@nats-io/nats-core",
  "@nats-io/obj",
  "@nats-io/transport-node",
  "cockatiel",
] as const;

/**
 * The package.json of the client library, made from natsform's own: a service that installs it gets no CDKTF. Files lie
 * at its root, because `node10` resolution looks for `@natsform/client/nats2` there.
 */
export function clientManifest(): object {
  const { version, license, engines, dependencies, devDependencies } = packageJson;
  const entry = (file: string) => ({
    import: { types: `./${file}.d.mts`, default: `./${file}.mjs` },
    require: { types: `./${file}.d.ts`, default: `./${file}.js` },
  });
  return {
    name: clientPackage,
    version,
    description: "NATS for services: typed requests, serving, drain, a closed set of errors",
    license,
    engines,
    main: "./index.js",
    types: "./index.d.ts",
    exports: {
      ".": entry("index"),
      "./testing": entry("testing"),
      "./nats2": entry("nats2"),
      "./events": entry("events"),
      "./package.json": "./package.json",
    },
    dependencies: Object.fromEntries(needed.map((name) => [name, dependencies[name]])),
    peerDependencies: { nats: dependencies.nats, "@opentelemetry/api": `^${devDependencies["@opentelemetry/api"]}` },
    peerDependenciesMeta: { nats: { optional: true }, "@opentelemetry/api": { optional: true } },
  };
}
