import type { Environment } from "../config";
import type { Right } from "./model";

type Service = Environment["identity"]["services"][string];
type Uses = Pick<Service, "uses" | "account">;

const kinds = ["PING", "INFO", "STATS"];

/**
 * What a service that serves listens to beside its subjects: questions who is there, to all, by its name, and to one of its
 * processes. Without one of them a program that looks for services just does not see it, and nobody is told.
 */
export const discoveryRights = (name: string): Right[] =>
  kinds.flatMap((kind) =>
    [`$SRV.${kind}`, `$SRV.${kind}.${name}`, `$SRV.${kind}.${name}.*`].map((subject): Right => {
      return {
        direction: "subscribe",
        subject,
        does: `is found as ${name}`,
        why: `asked by who looks for services: ${kind}`,
      };
    }),
  );

/** Rights of a service for what it says that it does and uses, each with what it is for. */
export function rightsOf(name: string, service: Service, env: Environment): Right[] {
  const { publishes, asks, serves } = service;
  const right = (direction: Right["direction"], subject: string, does: string, why: string): Right => ({
    ...{ direction, subject, does: `${does} ${subject}`, why },
  });
  return [
    ...publishes.map((subject) => right("publish", subject, "publishes", "is sent there")),
    ...asks.map((subject) =>
      right("publish", subject, "asks", "requests are sent there; answers come to its own inboxes"),
    ),
    ...serves.map((subject) => right("subscribe", subject, "serves", "requests come there")),
    ...(serves.length > 0 ? discoveryRights(name) : []),
    ...rightsOfUses(service, env),
  ];
}

/** Subjects that somebody may publish to for what it uses of JetStream. */
export const subjectsOfUses = (uses: Uses, env: Environment): string[] => [
  ...new Set(rightsOfUses(uses, env).map(({ subject }) => subject)),
];

/**
 * Rights for what is used of JetStream: as clients of NATS send requests, in JavaScript, Go and Python. A request about a
 * stream reaches it by the plain name where the client is connected to the stream's cluster, and by the domain elsewhere.
 */
function rightsOfUses({ uses, account }: Uses, env: Environment): Right[] {
  const own = env.streams.filter((stream) => stream.account === account);
  const areLinked = Object.values(env.clusters).some(
    ({ leafOf, foreignLeafs }) => leafOf !== undefined || Object.keys(foreignLeafs).length > 0,
  );
  /** Prefixes of JetStream's interface under which a stream is found. */
  const interfaces = (stream: string) => {
    const clusters = own.filter(({ name }) => name === stream).map(({ cluster }) => cluster);
    const domains = clusters.flatMap((name) => env.clusters[name]?.jetstream?.domain ?? (areLinked ? name : []));
    return ["$JS.API", ...new Set(domains.map((domain) => `$JS.${domain}.API`))];
  };
  /** Rights of one thing that is used: requests of JetStream's interface about a stream, and other subjects. */
  const use = (does: string, stream: string) => ({
    ask: (why: string, ...requests: string[]) =>
      interfaces(stream).flatMap((prefix) =>
        requests.map((request): Right => ({ direction: "publish", subject: `${prefix}.${request}`, does, why })),
      ),
    send: (why: string, ...subjects: string[]) =>
      subjects.map((subject): Right => ({ direction: "publish", subject, does, why })),
  });

  const consumers = uses.consumers.flatMap((both) => {
    const [stream = "", consumer = ""] = both.split("/");
    const { ask, send } = use(`consumes ${both}`, stream);
    return [
      ...ask(why.opened, `STREAM.INFO.${stream}`),
      ...ask(
        "asked first, and after each restart: without it the client never pulls again",
        `CONSUMER.INFO.${stream}.${consumer}`,
      ),
      ...ask("messages are pulled", `CONSUMER.MSG.NEXT.${stream}.${consumer}`),
      ...send("messages are acknowledged", `$JS.ACK.${stream}.${consumer}.>`),
      ...send(why.newForm, `$JS.ACK.*.*.${stream}.${consumer}.>`),
    ];
  });

  // A client reads directly where the stream says that it may, and only there.
  const reads = (does: string, stream: string) => {
    const { ask } = use(does, stream);
    const isDirect = own.some(({ name, allowDirect }) => name === stream && allowDirect);
    return [
      ...ask(why.opened, `STREAM.INFO.${stream}`),
      ...ask(isDirect ? why.read : "one message is read", `STREAM.MSG.GET.${stream}`),
      ...(isDirect
        ? [
            ...ask("one message is read, by sequence", `DIRECT.GET.${stream}`),
            ...ask("the last message of a subject is read", `DIRECT.GET.${stream}.>`),
          ]
        : []),
    ];
  };
  // Watching, listing and reading what is stored in chunks make a consumer for the time being, which sends to the service's
  // inbox: with a name of the client's in JavaScript and Go, and of the server's in Python.
  const watches = (does: string, stream: string) => {
    const { ask, send } = use(does, stream);
    return [
      ...ask("watched, by a consumer that the server names (Python)", `CONSUMER.CREATE.${stream}`),
      ...ask("watched, by a consumer that the client names", `CONSUMER.CREATE.${stream}.>`),
      ...ask("whether that consumer is still there", `CONSUMER.INFO.${stream}.*`),
      ...ask("that consumer is removed", `CONSUMER.DELETE.${stream}.*`),
      ...send("the server goes on after the first window", `$JS.FC.${stream}.>`),
      ...send(why.newForm, `$JS.FC.*.*.${stream}.>`),
    ];
  };

  const buckets = Object.entries(uses.buckets).flatMap(([bucket, right]) => {
    const stream = `KV_${bucket}`;
    const does = `${right}s bucket ${bucket}`;
    const { send } = use(does, stream);
    const keys = right === "write" ? send("keys are put and deleted", `$KV.${bucket}.>`) : [];
    return [...reads(does, stream), ...watches(does, stream), ...keys];
  });
  const objects = Object.entries(uses.objects).flatMap(([bucket, right]) => {
    const stream = `OBJ_${bucket}`;
    const does = `${right}s object store ${bucket}`;
    const { ask, send } = use(does, stream);
    const chunks = [
      ...send("chunks of an object are stored", `$O.${bucket}.C.>`),
      ...send("an object is described, when all of it is stored", `$O.${bucket}.M.>`),
      ...ask("chunks of what was replaced or deleted are removed", `STREAM.PURGE.${stream}`),
    ];
    return [...reads(does, stream), ...watches(does, stream), ...(right === "write" ? chunks : [])];
  });

  const used = [
    ...consumers,
    ...uses.streams.flatMap((name) => reads(`reads stream ${name}`, name)),
    ...buckets,
    ...objects,
  ];
  const whether: Right[] =
    used.length > 0 ? [{ direction: "publish", subject: "$JS.API.INFO", does: USES_JETSTREAM, why: why.whether }] : [];
  return [...whether, ...used];
}

const USES_JETSTREAM = "uses JetStream";

/** What a service does, in words: by what it says, and by what its lists allow beside. */
export function doesOf(name: string, service: Service, env: Environment): string[] {
  const said = rightsOf(name, service, env).map(({ does }) => does);
  const beside = [
    ...service.publish.allow.map((subject) => `may publish ${subject}`),
    ...service.subscribe.allow.map((subject) => `may listen to ${subject}`),
  ];
  return [...new Set([...said, ...beside])].filter((text) => text !== USES_JETSTREAM);
}

/** Reasons that are the same of several, and those of rights that not every client and server needs. */
const why = {
  whether: "some clients ask whether there is JetStream (Go's older interface, the command line)",
  opened: "clients ask what the stream is: when they open a bucket, and before they read it",
  read: "clients that do not read directly (Python, where it is told to)",
  newForm: "the same with domain and account before the stream, as servers with js_ack_fc_v2 say it",
};
