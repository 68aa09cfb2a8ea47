import { covers, overlaps, tokensOf } from "../../runtime/subjects/spec";
import { type EnvironmentRule, type StreamView, streamViews } from "./context";

/** Which messages a stream takes. */

/** The first pair of subjects that some message matches both of. */
function collision(a: readonly string[], b: readonly string[]): [string, string] | undefined {
  for (const left of a) for (const right of b) if (overlaps(left, right)) return [left, right];
  return undefined;
}

const overlap: EnvironmentRule = {
  id: "subjects-overlap",
  severity: "error",
  impossible: true,
  title: "Two subjects of one account and cluster overlap",
  reason: "JetStream stores a message in one stream: it refuses the stream whose subjects overlap with another's.",
  fix: "give each subject to one stream",
  check: (context) => {
    const views = streamViews(context);
    return views.flatMap(({ stream, at }, i) => [
      ...stream.subjects.flatMap((subject, s) => {
        const twin = stream.subjects.slice(0, s).find((earlier) => overlaps(earlier, subject));
        return twin === undefined
          ? []
          : [{ at: at("subjects", s), message: `${subject} overlaps with ${twin} of the same stream` }];
      }),
      ...views.slice(0, i).flatMap((earlier) => {
        if (earlier.stream.cluster !== stream.cluster || earlier.stream.account !== stream.account) return [];
        const pair = collision(stream.subjects, earlier.stream.subjects);
        return pair
          ? [{ at: at("subjects"), message: `${pair[0]} overlaps with ${pair[1]} of ${earlier.stream.name}` }]
          : [];
      }),
    ]);
  },
};

const reserved: EnvironmentRule = {
  id: "subjects-reserved",
  severity: "error",
  impossible: true,
  title: "A stream takes subjects of NATS itself",
  reason:
    "A stream that acknowledges would answer requests meant for the server: nats-server refuses subjects that overlap with $JS, $JSC, $NRG or $SYS, and so `>`.",
  fix: "name the first token of what the stream is for",
  check: (context) =>
    streamViews(context).flatMap(({ stream, at }) =>
      stream.subjects.flatMap((subject, s) => {
        const space = ["$JS.>", "$JSC.>", "$NRG.>", "$SYS.>"].find((candidate) => overlaps(subject, candidate));
        // Advisories may be kept: they are not requests.
        const advisory = covers("$JS.EVENT.>", subject) || covers("$SYS.ACCOUNT.>", subject);
        return space && !advisory ? [{ at: at("subjects", s), message: `${subject} overlaps with ${space}` }] : [];
      }),
    ),
};

const examples: EnvironmentRule = {
  id: "example-not-captured",
  severity: "error",
  title: "A stream does not take a subject that it was made for",
  reason:
    "The message is published to nobody: without a stream behind its subject, a JetStream publish fails and a plain one is silently lost. `*` is exactly one token: `global.*` takes global.user and not global.user.registered.",
  fix: "widen the subjects of the stream",
  check: (context) =>
    streamViews(context).flatMap(({ stream, at }) =>
      stream.examples.flatMap((example, e) => {
        if (stream.subjects.some((subject) => covers(subject, example))) return [];
        const starred = stream.subjects.find((subject) => covers(afterStar(subject), example));
        const fix = starred && `use ${afterStar(starred)} in place of ${starred}: * is exactly one token`;
        return [{ at: at("examples", e), message: `${example} matches none of ${stream.subjects.join(", ")}`, fix }];
      }),
    ),
};

/** The subject with a last `*` widened to `>`. */
const afterStar = (subject: string) => (tokensOf(subject).at(-1) === "*" ? subject.replace(/\*$/, ">") : subject);

const twice: EnvironmentRule = {
  id: "captured-on-hub-and-leaf",
  severity: "warning",
  title: "A hub and its leaf cluster take the same messages",
  reason:
    "Leaf nodes carry a message to every stream that wants it, on both sides of the link: it is stored twice, and its publisher takes whichever acknowledgement comes first for both.",
  fix: "give the streams different subjects, or keep the stream on one side",
  check: (context) => {
    const views = streamViews(context);
    return views.flatMap(({ stream, cluster, at }) =>
      cluster.leafLinks
        .filter(({ account }) => account === stream.account)
        .flatMap(({ hub }) =>
          views
            .filter((other) => other.stream.cluster === hub && other.stream.account === stream.account)
            .flatMap((other) => describeTwice(stream, other, at)),
        ),
    );
  },
};

function describeTwice(stream: StreamView["stream"], hub: StreamView, at: StreamView["at"]) {
  const pair = collision(stream.subjects, hub.stream.subjects);
  const message = pair && `${pair[0]} overlaps with ${pair[1]} of ${hub.stream.name} on hub ${hub.cluster.name}`;
  return message ? [{ at: at("subjects"), message }] : [];
}

export const captureRules: readonly EnvironmentRule[] = [overlap, reserved, examples, twice];
