import { covers, overlaps, reservedBy, tokensOf, widest } from "../../runtime/subjects/spec";
import type { Environment } from "../config";
import { programModel, routePattern, stackPlan } from "../topology";
import { type EnvironmentRule, type LintContext, pathText } from "./context";
import type { Hit } from "./rule";

/** Routes of an HTTP gateway that lead nowhere, or where nobody should get. */

type Gateway = NonNullable<Environment["clusters"][string]["httpGateway"]>;
type Route = Gateway["routes"][string];

interface RouteView {
  readonly gateway: Gateway;
  readonly route: Route;
  readonly pattern: string;
  at(key: string): string;
}

const routeViews = ({ environment }: LintContext): RouteView[] =>
  Object.entries(environment.clusters).flatMap(([cluster, { httpGateway: gateway }]) =>
    Object.entries(gateway?.routes ?? {}).flatMap(([name, route]): RouteView[] =>
      gateway
        ? [
            {
              gateway,
              route,
              pattern: routePattern(route.subject),
              at: (key) => pathText("clusters", cluster, "httpGateway", "routes", name, key),
            },
          ]
        : [],
    ),
  );

const reserved: EnvironmentRule = {
  id: "http-gateway-reserved-subject",
  severity: "error",
  title: "A route of an HTTP gateway leads to subjects of servers, JetStream or inboxes",
  reason:
    "A request to such a subject is an order to a server, and what is sent to an inbox is taken for somebody's answer. No page of the web needs either.",
  fix: "name a subject of your own services",
  check: (context) =>
    routeViews(context).flatMap(({ pattern, route, at }): Hit[] => {
      const why = reservedBy(pattern);
      return why ? [{ at: at("subject"), message: `${route.subject} leads to ${why}` }] : [];
    }),
};

const denied: EnvironmentRule = {
  id: "http-gateway-never-allowed",
  severity: "warning",
  title: "No token may use a route of an HTTP gateway",
  reason:
    "The gateway does with a request what the caller's token may do, and nothing more: each request of this route is answered with 403.",
  fix: "allow the subject in identity.permissions, or remove the route",
  check: (context) =>
    routeViews(context).flatMap(({ gateway, route, pattern, at }): Hit[] => {
      const direction = route.kind === "events" ? "subscribe" : "publish";
      const may = context.environment.identity.permissions.some(
        ({ account, [direction]: { allow } }) =>
          account === gateway.account && allow.some((template) => mayCover(template, route.subject)),
      );
      return may ? [] : [{ at: at("subject"), message: `no token of ${gateway.account} may ${direction} ${pattern}` }];
    }),
};

/**
 * True when some token's right covers what the route's subject becomes for some request: a placeholder may be any token
 * on both sides, and a wildcard of the route needs one in the right.
 */
function mayCover(template: string, subject: string): boolean {
  const right = tokensOf(widest(template));
  const asked = tokensOf(subject);
  for (let i = 0; ; i++) {
    const [given, wanted] = [right[i], asked[i]];
    if (given === undefined || wanted === undefined) return given === wanted;
    if (given === ">") return true;
    if (wanted === ">" || (wanted === "*" && given !== "*")) return false;
    if (given !== "*" && given !== wanted && !wanted.startsWith("{")) return false;
  }
}

const unanswered: EnvironmentRule = {
  id: "http-gateway-unanswered",
  severity: "warning",
  title: "Nothing in the environment answers a request of an HTTP gateway",
  reason:
    "No service of the account may listen to the route's subject and answer: requests end with 503, no responders. A typing error in a subject looks like this.",
  fix: "allow a service to subscribe to the subject, with allowResponses, or correct it",
  check: (context) =>
    routeViews(context).flatMap(({ gateway, route, pattern, at }): Hit[] => {
      if (route.kind !== "request") return [];
      const { services, permissions } = context.environment.identity;
      const answering = [...Object.values(services), ...permissions].some(
        ({ account, allowResponses, subscribe }) =>
          account === gateway.account &&
          allowResponses !== false &&
          subscribe.allow.some((subject) => overlaps(widest(subject), pattern)),
      );
      const imported = (context.environment.accounts[gateway.account]?.imports ?? []).some(
        ({ service, to }) => service !== undefined && overlaps(to ?? service.subject, pattern),
      );
      return answering || imported
        ? []
        : [{ at: at("subject"), message: `nobody in ${gateway.account} answers ${route.subject}` }];
    }),
};

const unstored: EnvironmentRule = {
  id: "http-gateway-not-stored",
  severity: "error",
  title: "The stream of a route does not store the route's subject",
  reason:
    "A message that no stream stores is never acknowledged, so each request ends with 503; events of a stream that does not hold the subject never come.",
  fix: "correct the subject or the stream, or add the subject to the stream",
  check: (context) =>
    routeViews(context).flatMap(({ route, pattern, at }): Hit[] => {
      if (!("stream" in route) || route.stream === undefined) return [];
      const stream = context.environment.streams.find(({ name }) => name === route.stream);
      const holds = stream?.subjects.some((subject) => covers(subject, pattern));
      return stream && !holds
        ? [
            {
              at: at("stream"),
              message: `${route.stream} stores ${stream.subjects.join(", ")}, and not all of ${pattern}`,
            },
          ]
        : [];
    }),
};

const interest: EnvironmentRule = {
  id: "http-gateway-events-consumed",
  severity: "error",
  title: "Events are read from a stream whose messages go when they are acknowledged",
  reason:
    "The gateway reads what a stream holds and is none of its consumers. Of a work queue, or a stream kept by interest, a message is gone as soon as the others have it: readers miss it without a word.",
  fix: "read from a stream with retention: limits, or leave out the route's stream for live events alone",
  check: (context) =>
    routeViews(context).flatMap(({ route, at }): Hit[] => {
      if (route.kind !== "events" || route.stream === undefined) return [];
      const stream = context.environment.streams.find(({ name }) => name === route.stream);
      return stream && stream.retention !== "limits"
        ? [{ at: at("stream"), message: `${route.stream} has retention ${stream.retention}` }]
        : [];
    }),
};

const notDeployed: EnvironmentRule = {
  id: "http-gateway-not-deployed",
  severity: "warning",
  title: "The platform of a cluster does not run its HTTP gateway",
  reason: "The twin has it, and the deployment has not: callers find nobody.",
  fix: "run the program http-gateway by other means, with the variables of runtime/http-gateway/env.ts, or remove it",
  check: ({ topology }) => {
    const plan = stackPlan(topology);
    const { runs } = programModel("http-gateway");
    return topology.clusters
      .filter(
        ({ name, httpGateway }) => httpGateway && !plan.some(({ cluster, family }) => cluster === name && runs[family]),
      )
      .map(({ name }) => ({ at: pathText("clusters", name, "httpGateway"), message: `no stack of ${name} runs it` }));
  },
};

export const httpGatewayRules: readonly EnvironmentRule[] = [
  notDeployed,
  reserved,
  denied,
  unanswered,
  unstored,
  interest,
];
