import { type EnvironmentRule, pathText } from "./context";

/** Which pages of the web may connect. */

const anyOrigin: EnvironmentRule = {
  id: "websocket-any-origin",
  severity: "warning",
  title: "Browsers may connect from any page",
  reason:
    "Without allowed_origins the server does not look at the Origin header: any page that comes by a token, or makes a user paste one, works from its own site.",
  fix: "list the origins of your applications in websocket.allowedOrigins",
  check: ({ topology }) =>
    topology.clusters
      .filter(({ websocket }) => websocket?.allowedOrigins.length === 0)
      .map(({ name }) => ({
        at: pathText("clusters", name, "websocket", "allowedOrigins"),
        message: `cluster ${name} accepts WebSockets from every origin`,
      })),
};

const isLocal = (host: string) => host === "localhost" || host === "[::1]" || host.startsWith("127.");

const plainOrigin: EnvironmentRule = {
  id: "websocket-plain-origin",
  severity: "warning",
  title: "An allowed origin is served without TLS",
  reason: "An attacker between browser and page can change it and take the tokens of its users.",
  fix: "serve the page by https",
  check: ({ topology }) =>
    topology.clusters.flatMap(({ name, websocket }) =>
      (websocket?.allowedOrigins ?? []).flatMap((origin, i) => {
        const { protocol, hostname } = new URL(origin);
        return protocol === "http:" && !isLocal(hostname)
          ? [{ at: pathText("clusters", name, "websocket", "allowedOrigins", i), message: `${origin} is not https` }]
          : [];
      }),
    ),
};

export const websocketRules: readonly EnvironmentRule[] = [anyOrigin, plainOrigin];
