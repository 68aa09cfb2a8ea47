import type { Environment } from "../config";
import { type EnvironmentRule, type LintContext, pathText } from "./context";
import type { Hit } from "./rule";
import { covers, overlaps, tokensOf, widest } from "./subjects";

/** Subjects that must not be granted. A grant is what a rule gives to holders of tokens, or what a service gets. */

type Lists = Environment["identity"]["permissions"][number]["publish"];
type Direction = "publish" | "subscribe";

interface Grant {
  readonly of: "user" | "service";
  readonly publish: Lists;
  readonly subscribe: Lists;
  readonly path: readonly (string | number)[];
}

function grantsOf({ environment: { identity } }: LintContext): Grant[] {
  return [
    ...identity.permissions.map((rule, i): Grant => ({ ...rule, of: "user", path: ["identity", "permissions", i] })),
    ...Object.entries(identity.services).map(
      ([name, service]): Grant => ({ ...service, of: "service", path: ["identity", "services", name] }),
    ),
  ];
}

type Judgement = (template: string, grant: Grant, direction: Direction, context: LintContext) => string | undefined;

/** Checks every allowed subject; a text that the judgement returns is the message. */
const eachAllowed = (judgement: Judgement) => (context: LintContext) =>
  grantsOf(context).flatMap((grant) =>
    (["publish", "subscribe"] as const).flatMap((direction) =>
      grant[direction].allow.flatMap((template, i): Hit[] => {
        const message = judgement(template, grant, direction, context);
        return message === undefined ? [] : [{ at: pathText(...grant.path, direction, "allow", i), message }];
      }),
    ),
  );

/** True when some subject of the kind is granted and not all of it denied again. */
const grants = ({ allow, deny }: { allow: string; deny: readonly string[] }, subject: string) =>
  overlaps(widest(allow), subject) && !deny.some((denied) => covers(denied, subject));

const isOpen = (template: string) => template === ">" || /^\*\..*>$/.test(template);

const everything: EnvironmentRule = {
  id: "grant-everything",
  severity: "error",
  title: "Holders of a token may publish everywhere",
  reason:
    "That includes JetStream's interface, which deletes streams, the acknowledgements of others, and forged replies to anybody's requests.",
  fix: "allow the subjects that users need, with {sub} where they are the user's own",
  check: eachAllowed((template, { of }, direction) =>
    of === "user" && direction === "publish" && isOpen(template) ? `every user may publish to ${template}` : undefined,
  ),
};

const serviceEverything: EnvironmentRule = {
  id: "service-grants-everything",
  severity: "warning",
  title: "A service may publish everywhere",
  reason:
    "An attacker who takes over the service can delete every stream of the account and answer in place of any other client.",
  fix: "allow the subjects that the service needs",
  check: eachAllowed((template, { of }, direction) =>
    of === "service" && direction === "publish" && isOpen(template)
      ? `the service may publish to ${template}`
      : undefined,
  ),
};

const inboxes: EnvironmentRule = {
  id: "grant-inboxes",
  severity: "error",
  title: "Somebody may read or write the inboxes of others",
  reason:
    "Whoever subscribes to _INBOX.> reads the replies of everybody (1 of 1 read). Each identity has an inbox of its own already; the responder refuses rules with another one and does not start.",
  fix: "remove it; to answer requests, set allowResponses",
  check: eachAllowed((template, _, direction) => {
    const [first, ...rest] = tokensOf(template);
    const named = first === "_INBOX" && rest.length > 0;
    const covered = first === ">" || first === "_INBOX" || (first === "*" && (rest.at(-1) === ">" || rest.length > 1));
    return named || (direction === "subscribe" && covered)
      ? `${direction} ${template} covers inboxes of others`
      : undefined;
  }),
};

/** Requests of JetStream that change or copy what is stored. */
const destructive = [
  "STREAM.CREATE.*",
  "STREAM.UPDATE.*",
  "STREAM.DELETE.*",
  "STREAM.PURGE.*",
  "STREAM.SNAPSHOT.*",
  "STREAM.RESTORE.*",
  "STREAM.MSG.DELETE.*",
  "STREAM.LEADER.STEPDOWN.*",
  "STREAM.PEER.REMOVE.*",
  "CONSUMER.DELETE.*.*",
  "META.LEADER.STEPDOWN",
].flatMap((request) => [`$JS.API.${request}`, `$JS.*.API.${request}`]);

const jetstream: EnvironmentRule = {
  id: "grant-jetstream-api",
  severity: "error",
  title: "Holders of a token may change or delete streams",
  reason:
    "$JS.API holds DELETE, PURGE and RESTORE beside the requests that consumers need; restoring one stream has reached others before (CVE-2026-33222).",
  fix: "allow the requests that users need, such as $JS.API.CONSUMER.MSG.NEXT.<stream>.<consumer>",
  check: eachAllowed((template, { of, publish }, direction) => {
    if (of !== "user" || direction !== "publish" || tokensOf(template)[0] !== "$JS") return undefined;
    const request = destructive.find((subject) => grants({ allow: template, deny: publish.deny }, subject));
    return request && `${template} grants ${request}`;
  }),
};

const system: EnvironmentRule = {
  id: "grant-system-subjects",
  severity: "error",
  title: "Somebody may use the server's own subjects",
  reason:
    "Below $SYS every account can list its connections, with the addresses of others; such a request has stopped servers (secnote 2026-28). $SYS.REQ.USER.INFO, which tells a client who it is, is granted already.",
  fix: "remove it",
  check: eachAllowed((template, _, direction) =>
    tokensOf(template)[0] === "$SYS" && template !== "$SYS.REQ.USER.INFO" ? `${direction} ${template}` : undefined,
  ),
};

const acknowledgeAny: EnvironmentRule = {
  id: "grant-acknowledgements",
  severity: "warning",
  title: "Holders of a token may acknowledge the messages of others",
  reason:
    "An acknowledgement is a message to $JS.ACK.<stream>.<consumer>.>: with a wildcard in the consumer's place a user can end the delivery of what others still work on, and of a workqueue delete it.",
  fix: "name the stream and the consumer",
  check: eachAllowed((template, { of }, direction) => {
    const [js, ack, ...rest] = tokensOf(template);
    if (of !== "user" || direction !== "publish" || js !== "$JS" || ack !== "ACK") return undefined;
    const name = (token: string | undefined) => token !== undefined && token !== "*" && token !== ">";
    // The old form names stream and consumer at once, the new one after domain and account.
    const named = (name(rest[0]) && name(rest[1])) || (name(rest[2]) && name(rest[3]));
    return named ? undefined : `every user may publish to ${template}`;
  }),
};

const acknowledgeOld: EnvironmentRule = {
  id: "grant-acknowledgements-v1",
  severity: "warning",
  title: "A grant knows the old form of acknowledgements alone",
  reason:
    "The feature flag js_ack_fc_v2, which a release after 2.15 turns on, puts domain and account before the stream: $JS.ACK.<domain>.<account>.<stream>.… A grant to $JS.ACK.<stream>.> then refuses every acknowledgement, and messages are delivered again for ever.",
  fix: "also allow $JS.ACK.*.*.<stream>.<consumer>.>, before the upgrade",
  check: eachAllowed((template, { publish }, direction, { topology }) => {
    const [js, kind, stream = "*"] = tokensOf(template);
    if (direction !== "publish" || js !== "$JS" || (kind !== "ACK" && kind !== "FC")) return undefined;
    const domains = topology.clusters.flatMap(({ jetstream }) => jetstream?.domain ?? []);
    // No grant names the account, which is a hash there: only a wildcard matches in its place.
    const sent = domains.map((domain) => `$JS.${kind}.${domain}.{account}.${stream}.>`);
    const known = publish.allow.some((other) => sent.some((subject) => overlaps(widest(other), subject)));
    return known || sent.length === 0 ? undefined : `${template} does not match ${sent.join(" or ")}`;
  }),
};

export const grantRules: readonly EnvironmentRule[] = [
  everything,
  serviceEverything,
  inboxes,
  jetstream,
  system,
  acknowledgeAny,
  acknowledgeOld,
];
