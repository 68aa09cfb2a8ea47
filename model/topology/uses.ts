import type { Environment } from "../config";

type Service = Environment["identity"]["services"][string];

/**
 * Subjects that a service may publish to for what it uses: as clients of NATS send them, in JavaScript, Go and Python. A request about a stream
 * reaches it by the plain name where the client is connected to the stream's cluster, and by the domain elsewhere.
 */
export function subjectsOfUses({ uses, account }: Pick<Service, "uses" | "account">, env: Environment): string[] {
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
  const of = (stream: string, ...requests: string[]) =>
    interfaces(stream).flatMap((prefix) => requests.map((request) => `${prefix}.${request}`));
  const consumers = uses.consumers.flatMap((name) => {
    const [stream = "", consumer = ""] = name.split("/");
    return [
      ...of(stream, `STREAM.INFO.${stream}`, `CONSUMER.INFO.${stream}.${consumer}`),
      ...of(stream, `CONSUMER.MSG.NEXT.${stream}.${consumer}`),
      // In both forms: servers of later releases put domain and account before the stream.
      `$JS.ACK.${stream}.${consumer}.>`,
      `$JS.ACK.*.*.${stream}.${consumer}.>`,
    ];
  });
  // A client reads directly where the stream says that it may, and only there.
  const reads = (stream: string) => {
    const isDirect = own.some(({ name, allowDirect }) => name === stream && allowDirect);
    const direct = isDirect ? [`DIRECT.GET.${stream}`, `DIRECT.GET.${stream}.>`] : [];
    return of(stream, `STREAM.INFO.${stream}`, `STREAM.MSG.GET.${stream}`, ...direct);
  };
  const buckets = Object.entries(uses.buckets).flatMap(([bucket, right]) => {
    const stream = `KV_${bucket}`;
    return [
      ...reads(stream),
      // Watching and listing make a consumer for the time being, which sends to the service's inbox: with a name of the
      // client's in JavaScript and Go, and of the server's in Python.
      ...of(stream, `CONSUMER.CREATE.${stream}`, `CONSUMER.CREATE.${stream}.>`),
      ...of(stream, `CONSUMER.INFO.${stream}.*`, `CONSUMER.DELETE.${stream}.*`),
      `$JS.FC.${stream}.>`,
      ...(right === "write" ? [`$KV.${bucket}.>`] : []),
    ];
  });
  const publish = [...consumers, ...uses.streams.flatMap(reads), ...buckets];
  // Clients ask once whether there is JetStream at all.
  const whether = publish.length > 0 ? ["$JS.API.INFO"] : [];
  return [...new Set([...whether, ...publish])];
}
