import type { Trust } from "../../../model/config";
import type { ClusterTopology, HttpGatewayTopology } from "../../../model/topology";
import { explainPermissions } from "../../../runtime/auth-callout/permissions";
import { encodeIdentity } from "../../../runtime/client";
import { covers } from "../../../runtime/subjects/spec";
import { toAuthRules } from "../../../templates/callout-rules";
import { counted } from "../../core/counted";
import { checkRow, type VerifyRow } from "../../core/rows";
import type { Twin } from "../context";
import { loopback } from "../ports";
import { mintToken } from "../token";
import { forge } from "./callout";
import { verifySub } from "./grants";

/** Checks of each HTTP gateway that need no service: who gets in, and to what. */
export async function verifyHttpGateways(twin: Twin, trust: Trust): Promise<VerifyRow[]> {
  const rows: VerifyRow[] = [];
  for (const cluster of twin.topology.clusters) {
    const gateway = cluster.httpGateway;
    const port = gateway && twin.ports.httpGateways[gateway.service]?.callers;
    if (!gateway || port === undefined) continue;
    const url = `http://${loopback}:${port}`;
    rows.push(await verifyDocument(cluster, gateway, url), await verifyTokens(twin, cluster, gateway, url));
    const events = gateway.routes.find(({ kind }) => kind === "events");
    if (events) rows.push(await verifyEvents(twin, trust, cluster, events, url));
  }
  return rows;
}

type Route = HttpGatewayTopology["routes"][number];

const verifyDocument = ({ name }: ClusterTopology, { routes }: HttpGatewayTopology, url: string) =>
  checkRow("http-gateway", `${name}: describes its routes`, async () => {
    const document = (await (await ask(`${url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { operationId?: string }>>;
    };
    const described = Object.values(document.paths).flatMap((operations) =>
      Object.values(operations).map(({ operationId }) => operationId),
    );
    const found = routes.filter(({ name }) => described.includes(name)).length;
    return { ok: found === routes.length, seen: `${counted(found, "route")} at ${url}/openapi.json` };
  });

const verifyTokens = (twin: Twin, { name }: ClusterTopology, { routes }: HttpGatewayTopology, url: string) =>
  checkRow("http-gateway", `${name}: nobody gets in without a token, or with a forged one`, async () => {
    const [route] = routes;
    if (!route) return { ok: false, seen: "it has no route" };
    const forged = forge(await mintToken(twin, { sub: verifySub }));
    const wanted = [undefined, forged];
    const got: number[] = [];
    for (const token of wanted) got.push((await ask(`${url}${filled(route.path)}`, route.method, token)).status);
    return { ok: got.every((status) => status === 401), seen: got.join(", ") };
  });

/** What the gateway answers must be what the rules say. */
const verifyEvents = (twin: Twin, trust: Trust, cluster: ClusterTopology, route: Route, url: string) =>
  checkRow("http-gateway", `${cluster.name}: events are for those who may hear them`, async () => {
    const explained = explainPermissions(toAuthRules(twin.topology, trust, cluster), { sub: verifySub });
    const subject = route.subject.replace(/\{([^}]+)\}/g, (_, name: string) =>
      encodeIdentity(name === "sub" ? verifySub : value),
    );
    const { allow = [], deny = [] } = "grant" in explained ? explained.grant.subscribe : {};
    const may = allow.some((right) => covers(right, subject)) && !deny.some((right) => covers(right, subject));
    const { status } = await ask(`${url}${filled(route.path)}`, "GET", await mintToken(twin, { sub: verifySub }));
    return { ok: status === (may ? 200 : 403), seen: `${status} for ${subject}` };
  });

/** What stands for each parameter. */
const value = "natsform-verify";
const filled = (path: string) => path.replace(/\{[^}]+\}/g, value);

/** Head of the answer; an event stream is not read. */
async function ask(url: string, method = "GET", token?: string): Promise<Response> {
  const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), 20_000);
  const response = await fetch(url, { method, headers, signal: end.signal });
  clearTimeout(timer);
  if (response.headers.get("content-type") === "text/event-stream") await response.body?.cancel();
  return response;
}
