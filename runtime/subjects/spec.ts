/**
 * How subjects of NATS match, for those who judge grants: lint, and the responder by itself. A template may hold
 * placeholders such as `{sub}`, each a whole token.
 */

/** The tokens of a subject or template. A placeholder such as `{realm.id}` is one token: its dots are a claim's path. */
export const tokensOf = (subject: string): string[] => subject.split(/\.(?![^{}]*\})/);

/** True when some message matches both. `*` is exactly one token, `>` is one or more. */
export const overlaps = (a: string, b: string): boolean => tokensOverlap(tokensOf(a), tokensOf(b));

/** The same of subjects that are split already. */
export function tokensOverlap(left: readonly string[], right: readonly string[]): boolean {
  for (let i = 0; ; i++) {
    const l = left[i];
    const r = right[i];
    if (l === undefined || r === undefined) return l === r;
    if (l === ">" || r === ">") return true;
    if (l !== r && l !== "*" && r !== "*") return false;
  }
}

/** True when every message that matches `narrow` matches `wide` too. */
export function covers(wide: string, narrow: string): boolean {
  const outer = tokensOf(wide);
  const inner = tokensOf(narrow);
  for (let i = 0; ; i++) {
    const o = outer[i];
    const n = inner[i];
    if (o === undefined || n === undefined) return o === n;
    if (o === ">") return true;
    if (n === ">" || (o !== n && o !== "*")) return false;
  }
}

/**
 * A permission template as the widest subject it can become: a placeholder may be any token. The first token stays as
 * it is, since no encoded claim begins with `$` or equals `_INBOX`.
 */
export const widest = (template: string): string =>
  tokensOf(template)
    .map((token, i) => (i > 0 && token.startsWith("{") ? "*" : token))
    .join(".");

/** Templates of one direction. */
export interface Allowed {
  allow: readonly string[];
  deny?: readonly string[];
}

/** What a list allows and does not deny again as a whole, as widely as its templates go. */
const effective = ({ allow, deny = [] }: Allowed): string[] =>
  allow.map(widest).filter((subject) => !deny.some((denied) => covers(denied, subject)));

/** True when who may publish the one may ask who may subscribe to the other. */
export const mayAsk = (publish: Allowed, subscribe: Allowed): boolean =>
  effective(publish).some((subject) => effective(subscribe).some((heard) => overlaps(subject, heard)));

/** Why a template must not be granted; undefined when nothing speaks against it. */
export type Reserved = string | undefined;

/** Requests of JetStream by the tokens behind `$JS.API`, with the number of names that follow: a stream, a consumer. */
const requests: readonly (readonly [string, number])[] = [
  ["STREAM.MSG.GET", 1],
  ["STREAM.MSG.DELETE", 1],
  ["STREAM.LEADER.STEPDOWN", 1],
  ["STREAM.PEER.REMOVE", 1],
  // What is filtered, created or read stands behind the stream.
  ["DIRECT.GET", 1],
  ["CONSUMER.NAMES", 1],
  ["CONSUMER.LIST", 1],
  ["CONSUMER.CREATE", 1],
  ["CONSUMER.DURABLE.CREATE", 1],
  ["CONSUMER.MSG.NEXT", 2],
  ["CONSUMER.LEADER.STEPDOWN", 2],
];

/** Tokens of a request that must be literal: the operation and its names. */
function literalTokens(request: readonly string[]): number {
  // Whoever watches a bucket makes consumers of it that have names by chance.
  if (request[0] === "CONSUMER" && /^(KV|OBJ)_/.test(request[2] ?? "")) return 3;
  const known = requests.find(([operation]) => operation.split(".").every((token, i) => request[i] === token));
  if (known) return known[0].split(".").length + known[1];
  return { STREAM: 3, CONSUMER: 4 }[request[0] ?? ""] ?? request.length;
}

const isWild = (token: string | undefined) =>
  token === undefined || token === "*" || token === ">" || token.startsWith("{");

/** Spaces that belong to servers and to natsform's programs, with what a grant of one gives. */
const spaces: Readonly<Record<string, (rest: readonly string[]) => Reserved>> = {
  _INBOX: () => "inboxes: every identity has its own already, and answers go where those who may ask listen",
  _R_: () => "replies of other accounts, which servers make",
  _GR_: () => "replies of other clusters, which servers make",
  _NATSFORM: () => "subjects of natsform's own programs",
  $SYS: (rest) => (rest.join(".") === "REQ.USER.INFO" ? undefined : "the servers' own subjects"),
  $JS: jetstream,
  $KV: ([bucket]) => (isWild(bucket) ? "every bucket: name it" : undefined),
  $O: ([bucket]) => (isWild(bucket) ? "every object store: name it" : undefined),
};

/**
 * First token of the inboxes of who stands behind a leaf node: its link carries these and no others. No encoded identity
 * is this token or begins with it, since an encoded `_` is followed by two hexadecimal digits.
 */
export const leafInboxPrefix = (leaf: string): string => `_INBOX_${leaf}`;

/** Everything in the spaces that belong to somebody: what is closed where nothing is said. */
export const closedSubjects: readonly string[] = Object.keys(spaces).map((space) => `${space}.>`);

function jetstream(rest: readonly string[]): Reserved {
  const [kind] = rest;
  if (isWild(kind)) return "all of JetStream's interface: name what is used";
  if (kind === "EVENT") return undefined;
  if (kind === "FC") return isWild(rest[1]) && isWild(rest[3]) ? "flow control of every stream: name it" : undefined;
  if (kind === "ACK") {
    // The old form names stream and consumer at once, the new one behind domain and account. In the old one numbers stand
    // there, so that a stream of digits names nothing.
    const isNamed = (at: number) => !isWild(rest[at]) && !isWild(rest[at + 1]);
    return isNamed(1) || (isNamed(3) && !/^\d+$/.test(rest[3] ?? ""))
      ? undefined
      : "acknowledgements of everybody: name the stream and the consumer";
  }
  if (kind === "SNAPSHOT") return "the chunks of everybody's snapshots";
  if (kind === "API") return requestTo(rest.slice(1));
  // Every other token is a domain, with the same interface behind it.
  if (isWild(rest[1])) return "all of JetStream's interface: name what is used";
  return rest[1] === "API" ? requestTo(rest.slice(2)) : undefined;
}

/** Judges what stands behind `API`. */
function requestTo(request: readonly string[]): Reserved {
  const literal = request.slice(0, literalTokens(request));
  return literal.length === 0 || literal.some(isWild)
    ? "requests about every stream: name the request, the stream and the consumer"
    : undefined;
}

/**
 * Judges a template that is allowed in either direction.
 *
 * @returns what it would give away, in words that follow "would grant"
 */
export function reservedBy(template: string): Reserved {
  const [first = "", ...rest] = tokensOf(template);
  if (first === ">" || (first === "*" && (rest.at(-1) === ">" || rest.length > 1)))
    return "subjects of servers, JetStream and inboxes: name the first token";
  if (first.startsWith("_INBOX_")) return "inboxes of those behind a leaf node";
  return Object.hasOwn(spaces, first) ? spaces[first]?.(rest) : undefined;
}
