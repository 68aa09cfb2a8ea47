import { covers, mayAsk, overlaps, reservedBy, tokensOf, widest } from "../../runtime/subjects/spec";
import { type Environment, effectiveLists, placeOfAllowed } from "../config";
import { type EnvironmentRule, type LintContext, pathText } from "./context";
import type { Hit } from "./rule";

/** Subjects that must not be granted. A grant is what a rule gives to holders of tokens, what a service gets, or a link. */

type Lists = Environment["identity"]["permissions"][number]["publish"];
type Direction = "publish" | "subscribe";

interface Grant {
  readonly of: "user" | "service" | "link";
  readonly publish: Lists;
  readonly subscribe: Lists;
  readonly path: readonly (string | number)[];
  /** Place, below the path, of an allowed subject. */
  place(direction: Direction, index: number): readonly (string | number)[];
}

const inLists = (direction: Direction, index: number) => [direction, "allow", index];

function grantsOf({ environment: { identity, clusters } }: LintContext): Grant[] {
  const nothing = { allow: [], deny: [] };
  const links = Object.entries(clusters).flatMap(([name, { leafOf, foreignLeafs }]) =>
    [
      [["clusters", name, "leafOf"], leafOf] as const,
      ...Object.entries(foreignLeafs).map(
        ([leaf, value]) => [["clusters", name, "foreignLeafs", leaf], value] as const,
      ),
    ].flatMap(([path, leaf]) =>
      Object.entries(leaf?.links ?? {}).map(([account, { publish = nothing, subscribe = nothing }]): Grant => {
        return { of: "link", publish, subscribe, path: [...path, "links", account], place: inLists };
      }),
    ),
  );
  return [
    ...identity.permissions.map(
      (rule, i): Grant => ({ ...rule, of: "user", path: ["identity", "permissions", i], place: inLists }),
    ),
    ...Object.entries(identity.services).map(([name, service]): Grant => {
      const place: Grant["place"] = (direction, index) => placeOfAllowed(service, direction, index);
      return { ...effectiveLists(service), of: "service", path: ["identity", "services", name], place };
    }),
    ...links,
  ];
}

type Judgement = (template: string, grant: Grant, direction: Direction, context: LintContext) => string | undefined;

/** Checks every allowed subject; a text that the judgement returns is the message. */
const eachAllowed = (judgement: Judgement) => (context: LintContext) =>
  grantsOf(context).flatMap((grant) =>
    (["publish", "subscribe"] as const).flatMap((direction) =>
      grant[direction].allow.flatMap((template, i): Hit[] => {
        const message = judgement(template, grant, direction, context);
        const at = pathText(...grant.path, ...grant.place(direction, i));
        // The responder refuses its users and services; what a link carries it does not decide.
        return message === undefined ? [] : [{ at, message, acknowledgeable: grant.of === "link" }];
      }),
    ),
  );

/** True when some subject of the kind is granted and not all of it denied again. */
const grants = ({ allow, deny }: { allow: string; deny: readonly string[] }, subject: string) =>
  overlaps(widest(allow), subject) && !deny.some((denied) => covers(denied, subject));

/** Finds allowed subjects of reserved spaces, told apart by their first two tokens. */
const reservedWhere = (isOf: (first: string, second?: string) => boolean) =>
  eachAllowed((template, _, direction) => {
    const [first = "", second] = tokensOf(template);
    const why = isOf(first, second) ? reservedBy(template) : undefined;
    return why && `${direction} ${template} would grant ${why}`;
  });
const reserved = (...firstTokens: readonly string[]) => reservedWhere((first) => firstTokens.includes(first));
const isAcknowledgement = (second?: string) => second === "ACK" || second === "FC";

const everything: EnvironmentRule = {
  id: "grant-everything",
  severity: "error",
  impossible: true,
  title: "Somebody may publish or listen everywhere",
  reason:
    "That includes JetStream's interface, which deletes streams, the acknowledgements and inboxes of others, and forged answers to anybody's requests. For a service it is the same: whoever takes it over has the account. The responder refuses such rules and does not start.",
  fix: "allow the subjects that are needed, with {sub} where they are the user's own; a service's consumers and buckets stand under uses",
  check: reserved(">", "*"),
};

const inboxes: EnvironmentRule = {
  id: "grant-inboxes",
  severity: "error",
  impossible: true,
  title: "Somebody may read or write the inboxes of others",
  reason:
    "Whoever subscribes to _INBOX.> reads the replies of everybody (1 of 1 read). Each identity has an inbox of its own already; the responder refuses rules with another one and does not start.",
  fix: "remove it; to answer requests, set allowResponses",
  check: reserved("_INBOX"),
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
  impossible: true,
  title: "Somebody may send JetStream requests about streams that are not named",
  reason:
    "$JS.API holds DELETE, PURGE and RESTORE beside the requests that consumers need, and one that makes a stream of everybody's inboxes. The responder refuses such rules and does not start.",
  fix: "name the request, the stream and the consumer, such as $JS.API.CONSUMER.MSG.NEXT.<stream>.<consumer>; a service has them from uses",
  check: reservedWhere((first, second) => first === "$JS" && !isAcknowledgement(second)),
};

const destruction: EnvironmentRule = {
  id: "grant-jetstream-destruction",
  severity: "error",
  title: "Holders of a token, or those behind a leaf node, may change, copy or delete a stream",
  reason: "What one of them does reaches all. Restoring one stream has reached others before (CVE-2026-33222).",
  fix: "leave it to a service, or to natsform streams",
  check: eachAllowed((template, { of, publish }, direction) => {
    if (of === "service" || direction !== "publish" || tokensOf(template)[0] !== "$JS") return undefined;
    const request = destructive.find((subject) => grants({ allow: template, deny: publish.deny }, subject));
    return request && `${template} grants ${request}`;
  }),
};

const buckets: EnvironmentRule = {
  id: "grant-buckets",
  severity: "error",
  impossible: true,
  title: "Somebody may write or read every bucket",
  reason: "Buckets of keys and objects are streams: what they hold is as much somebody's own as a stream is.",
  fix: "name the bucket: $KV.<bucket>.>; a service has them from uses",
  check: reserved("$KV", "$O"),
};

const system: EnvironmentRule = {
  id: "grant-system-subjects",
  severity: "error",
  impossible: true,
  title: "Somebody may use subjects of servers or of natsform's programs",
  reason:
    "Below $SYS every account can list its connections, with the addresses of others; such a request has stopped servers (secnote 2026-28). $SYS.REQ.USER.INFO, which tells a client who it is, is granted already. Replies between accounts and clusters (_R_, _GR_) and what natsform's programs listen on (_NATSFORM) are nobody's either.",
  fix: "remove it",
  check: reserved("$SYS", "_R_", "_GR_", "_NATSFORM"),
};

const acknowledgeAny: EnvironmentRule = {
  id: "grant-acknowledgements",
  severity: "error",
  impossible: true,
  title: "Somebody may acknowledge the messages of others",
  reason:
    "An acknowledgement is a message to $JS.ACK.<stream>.<consumer>.>: with a wildcard in the consumer's place one can end the delivery of what others still work on, and of a workqueue delete it. A placeholder is no name: somebody may be called like a consumer.",
  fix: "name the stream and the consumer; a service has them from uses",
  check: reservedWhere((first, second) => first === "$JS" && isAcknowledgement(second)),
};

const anySubject: EnvironmentRule = {
  id: "responses-anywhere",
  severity: "error",
  title: "A service answers wherever a request says",
  reason:
    "With NATS's own allow_responses a server lets a service publish once to the reply subject of whatever it receives, whoever chose it, and its deny list does not count. Where the account has JetStream, whoever may ask the service can have a stream purged by it.",
  fix: "allowResponses: true, which answers in the inboxes of those who may ask; or an account without JetStream",
  check: ({ environment: { identity, accounts } }) =>
    Object.entries(identity.services).flatMap(([name, { allowResponses, account }]) =>
      allowResponses === "any-subject" && accounts[account]?.jetstream.enabled
        ? [
            {
              at: pathText("identity", "services", name, "allowResponses"),
              message: `account ${account} has JetStream`,
            },
          ]
        : [],
    ),
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

const answersElsewhere: EnvironmentRule = {
  id: "answers-elsewhere",
  severity: "warning",
  title: "A service that answers may publish what those who ask may not",
  reason:
    "A request names the subject of its answer, and a server looks only at whether the service may publish there. Whoever may ask can so have the service publish, into a stream too.",
  fix: "a second service with a key of its own for what is published, so that the one that answers may publish nothing",
  check: ({ environment: { identity, streams } }) =>
    Object.entries(identity.services).flatMap(([name, service]): Hit[] => {
      const { publish: own, subscribe, allowResponses } = effectiveLists(service);
      if (!allowResponses) return [];
      const others = Object.entries(identity.services).filter(([other]) => other !== name);
      const asking = others.map(([, other]) => ({ account: other.account, ...effectiveLists(other) }));
      const askers = [...identity.permissions, ...asking].filter(
        ({ account, publish }) => account === service.account && mayAsk(publish, subscribe),
      );
      return own.allow.flatMap((subject, i): Hit[] => {
        const beyond = askers.some(({ publish }) => !publish.allow.some((own) => covers(own, subject)));
        if (!beyond || tokensOf(subject)[0] === "$JS") return [];
        const stored = streams.find(
          ({ account, subjects }) => account === service.account && subjects.some((own) => overlaps(own, subject)),
        );
        const where = stored ? `, which stream ${stored.name} stores` : "";
        const at = pathText("identity", "services", name, ...placeOfAllowed(service, "publish", i));
        return [{ at, message: `whoever may ask ${name} can have it publish to ${subject}${where}` }];
      });
    }),
};

export const grantRules: readonly EnvironmentRule[] = [
  everything,
  inboxes,
  jetstream,
  destruction,
  buckets,
  system,
  acknowledgeAny,
  anySubject,
  answersElsewhere,
  acknowledgeOld,
];
