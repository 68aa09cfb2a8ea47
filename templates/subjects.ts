import { type Environment, effectiveLists } from "../model/config";

/**
 * A file of TypeScript with the names and subjects of an environment, so that a typo in one does not compile. What stands
 * in another order in the environment gives the same file. It imports nothing.
 *
 * @param command what the head names as its origin
 */
export function subjectsText({ name, streams, identity }: Environment, command: string): string {
  const buckets = (prefix: string) => streams.filter((stream) => stream.name.startsWith(prefix));
  const plain = streams.filter((stream) => !/^(KV|OBJ)_/.test(stream.name));
  return `// Made by: ${command}. Do not change it: --check tells when it is out of date.

export const environment = ${JSON.stringify(name)};

/** Streams, each with the subjects that it stores and its consumers. */
export const streams = ${entries(plain, (stream) => ({
    name: stream.name,
    account: stream.account,
    subjects: sorted(stream.subjects),
    consumers: sorted(stream.consumers.map((consumer) => consumer.name)),
  }))};

/** Buckets of keys. */
export const buckets = ${entries(buckets("KV_"), (stream) => stream.name.slice("KV_".length), "KV_")};

/** Object stores. */
export const objectStores = ${entries(buckets("OBJ_"), (stream) => stream.name.slice("OBJ_".length), "OBJ_")};

/** Services, each with what it may do beside answering. */
export const services = ${entries(
    Object.entries(identity.services).map(([service, value]) => ({ name: service, value })),
    ({ value }) => {
      const { publish, subscribe } = effectiveLists(value);
      const { consumers, streams: read, buckets: keys, objects } = value.uses;
      return {
        account: value.account,
        publishes: sorted(publish.allow.filter(isOfApplications)),
        hears: sorted(subscribe.allow.filter(isOfApplications)),
        serves: sorted(value.serves),
        consumers: sorted(consumers),
        streams: sorted(read),
        buckets: sorted(Object.keys(keys)),
        objectStores: sorted(Object.keys(objects)),
      };
    },
  )};

export type StreamName = keyof typeof streams;
export type BucketName = keyof typeof buckets;
export type ObjectStoreName = keyof typeof objectStores;
export type ServiceName = keyof typeof services;

/** Consumers of a stream. */
export type ConsumerName<S extends StreamName = StreamName> = (typeof streams)[S]["consumers"][number];

/** Subjects that match a pattern. A wildcard is any text: types know no tokens. */
export type Matching<Pattern extends string> = Pattern extends \`\${infer Token}.\${infer Rest}\`
  ? \`\${Filled<Token>}.\${Matching<Rest>}\`
  : Filled<Pattern>;
type Filled<Token extends string> = Token extends "*" | ">" ? string : Token;

/** Subjects that a stream stores. */
export type StoredBy<S extends StreamName> = Matching<(typeof streams)[S]["subjects"][number]>;
/** Subjects that a service may publish to, requests among them. */
export type PublishedBy<S extends ServiceName> = Matching<(typeof services)[S]["publishes"][number]>;
/** Subjects on which a service is asked. */
export type ServedBy<S extends ServiceName> = Matching<(typeof services)[S]["serves"][number]>;
/** Subjects that a service may listen to. */
export type HeardBy<S extends ServiceName> = Matching<(typeof services)[S]["hears"][number]>;
/** Every subject that is stored, published, served or heard. */
export type Subject = StoredBy<StreamName> | PublishedBy<ServiceName> | HeardBy<ServiceName>;
`;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const sorted = (texts: readonly string[]) => [...new Set(texts)].sort(compare);
/** JetStream's interface and the like are no subjects that a program writes out. */
const isOfApplications = (subject: string) => !subject.startsWith("$");

/** An object literal, one line a member, by name. @param prefix of names that is not part of the key */
function entries<T extends { name: string }>(all: readonly T[], value: (one: T) => unknown, prefix = ""): string {
  const lines = [...all]
    .sort((a, b) => compare(a.name, b.name))
    .map((one) => `  ${JSON.stringify(one.name.slice(prefix.length))}: ${JSON.stringify(value(one))},\n`);
  return lines.length === 0 ? "{} as const" : `{\n${lines.join("")}} as const`;
}
