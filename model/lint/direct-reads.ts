import { overlaps, tokensOf, widest } from "../../runtime/subjects/spec";
import { type Environment, effectiveLists } from "../config";
import { type EnvironmentRule, type LintContext, pathText } from "./context";
import type { Hit } from "./rule";

/** What somebody does with a direct read: the server sends what is stored wherever the request says. */

type Lists = Environment["identity"]["permissions"][number]["publish"];

const isDirectRead = (template: string) => {
  const tokens = tokensOf(template);
  const at = tokens.indexOf("API");
  return tokens[0] === "$JS" && at > 0 && tokens[at + 1] === "DIRECT" && tokens[at + 2] === "GET";
};
const reason =
  "A server sends what is read to whatever subject the request names, and where that is JetStream's interface it takes it for a request: a message whose content is such a request purges or deletes any stream of the account (measured on nats-server 2.15.2). What is read by STREAM.MSG.GET reaches other subjects, and not that interface.";

const byUsers: EnvironmentRule = {
  id: "direct-read-by-users",
  severity: "error",
  title: "Holders of a token may read a stream directly",
  reason,
  fix: "have a service read for them, or allow $JS.API.STREAM.MSG.GET.<stream> of a stream with allowDirect: false",
  check: ({ environment: { identity } }) =>
    identity.permissions.flatMap(({ publish }, i) =>
      publish.allow.flatMap((template, k): Hit[] =>
        isDirectRead(template)
          ? [
              {
                at: pathText("identity", "permissions", i, "publish", "allow", k),
                message: `${template} has the server publish what is stored anywhere, JetStream's interface included`,
              },
            ]
          : [],
      ),
    ),
};

/** Somebody who has what it uses: a service, or the far side of a link. */
interface Reader extends Pick<Environment["identity"]["services"][string], "account" | "uses"> {
  readonly name: string;
  readonly publish: Pick<Lists, "allow">;
  readonly path: readonly (string | number)[];
}

function readers({ environment: { identity, clusters } }: LintContext): Reader[] {
  const services = Object.entries(identity.services).map(
    ([name, service]): Reader => ({
      ...{ name, account: service.account, uses: service.uses, path: ["identity", "services", name] },
      publish: effectiveLists(service).publish,
    }),
  );
  const links = Object.entries(clusters).flatMap(([cluster, { leafOf, foreignLeafs }]) => [
    ...(leafOf ? [{ name: cluster, links: leafOf.links, path: ["clusters", cluster, "leafOf"] }] : []),
    ...Object.entries(foreignLeafs).map(([name, leaf]) => ({
      ...{ name, links: leaf.links, path: ["clusters", cluster, "foreignLeafs", name] },
    })),
  ]);
  return [
    ...services,
    ...links.flatMap(({ name, links: ofAccounts, path }) =>
      // A link of which nothing is said uses nothing: JetStream's interface is closed to it.
      Object.entries(ofAccounts).flatMap(([account, { publish, uses }]): Reader[] =>
        publish ? [{ name: `leaf ${name}`, account, uses, publish, path: [...path, "links", account] }] : [],
      ),
    ),
  ];
}

/** Streams that somebody reads directly, each with the place where that is said. */
function readDirectly({ environment: { streams } }: LintContext, { account, uses, path }: Reader) {
  const used = [
    ...uses.streams.map((stream, i) => ({ stream, at: pathText(...path, "uses", "streams", i) })),
    ...Object.keys(uses.buckets).map((bucket) => ({
      ...{ stream: `KV_${bucket}`, at: pathText(...path, "uses", "buckets", bucket) },
    })),
    ...Object.keys(uses.objects).map((bucket) => ({
      ...{ stream: `OBJ_${bucket}`, at: pathText(...path, "uses", "objects", bucket) },
    })),
  ];
  return used.flatMap(({ stream, at }) => {
    const found = streams.find((one) => one.name === stream && one.account === account && one.allowDirect);
    return found ? [{ stream: found, at }] : [];
  });
}

/** True when a bucket or an object store is written, by what is used of it. */
const writesInto = ({ buckets, objects }: Reader["uses"], stream: string) =>
  (stream.startsWith("KV_") && buckets[stream.slice("KV_".length)] === "write") ||
  (stream.startsWith("OBJ_") && objects[stream.slice("OBJ_".length)] === "write");

const ofWhatIsWritten: EnvironmentRule = {
  id: "direct-read-of-what-is-written",
  severity: "warning",
  title: "A service or a leaf reads directly what it or a holder of a token may write",
  reason,
  fix: "allowDirect: false for the stream; or an account of its own for who reads it and the stream",
  check: (context) => {
    const { identity, streams } = context.environment;
    return readers(context).flatMap((reader) =>
      readDirectly(context, reader).flatMap(({ stream, at }): Hit[] => {
        const { name, account, publish, uses } = reader;
        // Whoever has the account's only stream has nothing more to reach.
        if (!streams.some((other) => other.account === account && other.name !== stream.name)) return [];
        const isWritten = ({ allow }: Pick<Lists, "allow">) =>
          allow.some((template) => stream.subjects.some((own) => overlaps(widest(template), own)));
        const users = identity.permissions.some((rule) => rule.account === account && isWritten(rule.publish));
        const itself = isWritten(publish) || writesInto(uses, stream.name);
        if (!users && !itself) return [];
        const message = `${itself ? name : "whoever has a token"} writes ${stream.name}: who takes ${name} over reaches every stream of ${account}`;
        return [{ at, message }];
      }),
    );
  },
};

export const directReadRules: readonly EnvironmentRule[] = [byUsers, ofWhatIsWritten];
