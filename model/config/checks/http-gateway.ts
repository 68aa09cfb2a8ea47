import type { Problem } from "../problem";
import { accountsOf, type Check, clustersOf, type Dict, dict, isDict, list, text, unknownName } from "./raw";

type Path = Problem["path"];

interface Route {
  name: string;
  route: Dict;
  path: Path;
}

/** Paths that the gateway answers itself. */
const ownPaths = ["/openapi.json", "/event-tickets"];

/** A gateway's routes lead to subjects and streams that are there, and no request has two of them. */
export const httpGateways: Check = (env) =>
  clustersOf(env).flatMap(([cluster, { httpGateway, platform }]) => {
    if (!isDict(httpGateway)) return [];
    const at: Path = ["clusters", cluster, "httpGateway"];
    const account = httpGateway.account ?? "APP";
    const routes = Object.entries(dict(httpGateway.routes)).map(([name, value]): Route => {
      return { name, route: dict(value), path: [...at, "routes", name] };
    });
    const known = accountsOf(env);
    return [
      ...(typeof account === "string" && known && !known.includes(account)
        ? [unknownName([...at, "account"], account, "account", known)]
        : []),
      ...publicName(httpGateway, dict(platform), at),
      ...unread(httpGateway, dict(platform), at),
      ...zones(cluster, dict(platform)),
      ...routes.flatMap((route) => [...parameters(route), ...ownPath(route), ...stream(env, cluster, account, route)]),
      ...ambiguous(routes),
    ];
  });

/** On AWS a name is proved in the environment's zone, and `nats.` is the servers'. */
function publicName({ hostname, front }: Dict, { kind, domain }: Dict, at: Path): Problem[] {
  const [name, zone] = [text(hostname), text(domain)];
  const path = [...at, "hostname"];
  if (isDict(front) && kind === "kubernetes" && hostname === undefined && domain === undefined) {
    const message = "is required by front, which serves one name";
    return [{ path, got: undefined, message, fix: "for example api.example.com; or set platform.domain" }];
  }
  if (name === undefined || zone === undefined) return [];
  if (name === `nats.${zone}`) return [{ path, got: name, message: "is the name of the servers" }];
  return name.endsWith(`.${zone}`) || !text(kind)?.startsWith("aws-")
    ? []
    : [{ path, got: name, message: `is not in the platform's domain ${zone}` }];
}

/** AWS makes an application load balancer in two zones at least, and refuses it half-way through an apply otherwise. */
function zones(cluster: string, { kind, zones }: Dict): Problem[] {
  if (kind !== "aws-ecs" || !Array.isArray(zones) || zones.length !== 1) return [];
  const message = "is one zone, and the HTTP gateway's balancer takes two";
  return [{ path: ["clusters", cluster, "platform", "zones"], got: zones, message, fix: 'for example ["a", "b"]' }];
}

/** Settings that nothing on the platform would read. */
function unread({ front, webAcl }: Dict, { kind, flavor }: Dict, at: Path): Problem[] {
  const isOnAws = text(kind)?.startsWith("aws-") === true;
  const isOfEks = kind === "kubernetes" && flavor === "eks" && dict(front).kind === "ingress";
  return [
    ...(front !== undefined && text(kind) !== undefined && kind !== "kubernetes"
      ? [
          {
            path: [...at, "front"],
            got: front,
            message: `is for Kubernetes alone, and ${text(kind)} does not read it`,
            fix: isOnAws ? "leave it out: a balancer is always there" : "leave it out",
          },
        ]
      : []),
    ...(webAcl !== undefined && text(kind) !== undefined && !isOnAws && !isOfEks
      ? [
          {
            path: [...at, "webAcl"],
            got: webAcl,
            message: "guards a balancer of AWS, and there is none here",
            fix: "leave it out; on EKS, choose an Ingress as front",
          },
        ]
      : []),
  ];
}

const placeholdersOf = (value: unknown): string[] =>
  [...(text(value) ?? "").matchAll(/\{([^{}]*)\}/g)].map(([, name = ""]) => name);

/** Parameters of the path and placeholders of the subject are the same; `{sub}` is the caller. */
function parameters({ route, path }: Route): Problem[] {
  const [inPath, inSubject] = [placeholdersOf(route.path), placeholdersOf(route.subject)];
  const twice = inPath.find((name, i) => inPath.indexOf(name) < i);
  return [
    ...(twice === undefined ? [] : [{ path: [...path, "path"], got: route.path, message: `has {${twice}} twice` }]),
    ...(inPath.includes("sub")
      ? [
          {
            path: [...path, "path"],
            got: route.path,
            message: "has {sub}, which is the caller's own: nobody else's can be asked for",
            fix: "call the parameter something else",
          },
        ]
      : []),
    ...inPath
      .filter((name) => name !== "sub" && !inSubject.includes(name))
      .map((name) => ({ path: [...path, "path"], got: route.path, message: `has {${name}}, and the subject has not` })),
    ...inSubject
      .filter((name) => name !== "sub" && !inPath.includes(name))
      .map((name) => ({
        path: [...path, "subject"],
        got: route.subject,
        message: `has {${name}}, and the path has not`,
        fix: "only {sub}, the caller, comes from the token",
      })),
  ];
}

const ownPath = ({ route, path }: Route): Problem[] =>
  ownPaths.some((own) => overlapping(own, text(route.path) ?? ""))
    ? [{ path: [...path, "path"], got: route.path, message: "is a path of the gateway itself" }]
    : [];

function stream(env: Dict, cluster: string, account: unknown, { route, path }: Route): Problem[] {
  const name = text(route.stream);
  if (name === undefined) return [];
  const streams = list(env.streams).map(dict);
  const own = streams.filter((one) => one.cluster === cluster && (one.account ?? "APP") === account);
  const names = own.flatMap((one) => text(one.name) ?? []);
  return names.includes(name)
    ? []
    : [unknownName([...path, "stream"], name, `stream of account ${account} on cluster ${cluster}`, names)];
}

/** Two routes of one method that some path matches. */
function ambiguous(routes: readonly Route[]): Problem[] {
  return routes.flatMap((one, i) => {
    const other = routes.slice(0, i).find((earlier) => methodOf(earlier) === methodOf(one) && share(earlier, one));
    return other
      ? [
          {
            path: [...one.path, "path"],
            got: one.route.path,
            message: `overlaps ${text(other.route.path)} of route ${other.name}: a request would have two routes`,
          },
        ]
      : [];
  });
}

const share = (a: Route, b: Route) => overlapping(text(a.route.path) ?? "", text(b.route.path) ?? "");

const methodOf = ({ route }: Route) => text(route.method) ?? (route.kind === "events" ? "GET" : "POST");

function overlapping(a: string, b: string): boolean {
  const [left, right] = [a.split("/"), b.split("/")];
  const isOpen = (segment: string) => segment.startsWith("{");
  return (
    left.length === right.length &&
    left.every((segment, i) => segment === right[i] || isOpen(segment) || isOpen(right[i] ?? ""))
  );
}
