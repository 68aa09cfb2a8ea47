import type { Problem } from "../problem";
import { accountsOf, type Check, type Dict, dict, isDict, list, text, unknownName } from "./raw";

/** Every export or import of every account, with its path. */
const entriesOf = (env: Dict, key: "exports" | "imports") =>
  Object.entries(dict(env.accounts)).flatMap(([account, value]) =>
    list(dict(value)[key]).flatMap((entry, i) =>
      isDict(entry) ? [{ account, entry, path: ["accounts", account, key, i] as Problem["path"] }] : [],
    ),
  );

/** The wildcards of a subject in their order, such as `*>`. */
const wildcards = (subject: string) =>
  subject
    .split(".")
    .filter((token) => token === "*" || token === ">")
    .join("");

/** What accounts share is well formed: of one kind, from and to accounts that are there, and said once. */
export const sharing: Check = (env) => {
  const [exports, imports] = [entriesOf(env, "exports"), entriesOf(env, "imports")];
  return [
    ...[...exports, ...imports].flatMap(({ entry, path }) => oneKind(entry, path)),
    ...exports.flatMap(({ account, entry, path }) => [
      ...list(entry.accounts).flatMap((name, i) => otherAccount(env, account, name, [...path, "accounts", i])),
      ...(entry.response !== undefined && entry.stream !== undefined && entry.service === undefined
        ? [{ path: [...path, "response"], got: entry.response, message: "is of services: a stream is not answered" }]
        : []),
    ]),
    ...imports.flatMap(({ account, entry, path }) => importProblems(env, account, entry, path)),
    ...twice(exports, (entry) => `${kindOf(entry)} ${entry[kindOf(entry) ?? ""]}`, "is exported twice"),
    ...twice(imports, importKey, "is imported twice"),
  ];
};

const kindOf = (entry: Dict) =>
  entry.service !== undefined ? "service" : entry.stream !== undefined ? "stream" : undefined;

function oneKind(entry: Dict, path: Problem["path"]): Problem[] {
  const given = [entry.service, entry.stream].filter((value) => value !== undefined);
  return given.length === 1 ? [] : [{ path, got: entry, message: "must have exactly one of service and stream" }];
}

function otherAccount(env: Dict, account: string, name: unknown, path: Problem["path"]): Problem[] {
  const known = accountsOf(env) ?? [];
  if (text(name) === undefined) return [];
  if (name === account) return [{ path, got: name, message: "is the account itself" }];
  const others = known.filter((one) => one !== account);
  return known.includes(name as string) ? [] : [unknownName(path, name as string, "account", others)];
}

function importProblems(env: Dict, account: string, entry: Dict, path: Problem["path"]): Problem[] {
  const kind = kindOf(entry);
  if (kind === undefined) return [];
  const source = dict(entry[kind]);
  const [subject, to] = [text(source.subject), text(entry.to)];
  const differs = subject !== undefined && to !== undefined && wildcards(subject) !== wildcards(to);
  const message = `must have the wildcards of ${subject} in their order`;
  return [
    ...otherAccount(env, account, source.account, [...path, kind, "account"]),
    ...(differs ? [{ path: [...path, "to"], got: to, message }] : []),
  ];
}

/** A service by the subject here, a stream by the one there: servers refuse what is the same in it. */
function importKey(entry: Dict): string | undefined {
  const kind = kindOf(entry);
  const { account, subject } = dict(entry[kind ?? ""]);
  return kind && `${kind} ${account} ${kind === "service" ? (entry.to ?? subject) : subject}`;
}

function twice(
  entries: readonly { account: string; entry: Dict; path: Problem["path"] }[],
  keyOf: (entry: Dict) => string | undefined,
  message: string,
): Problem[] {
  const keys = entries.map(({ account, entry }) => `${account} ${keyOf(entry)}`);
  return entries.flatMap(({ entry, path }, i) =>
    keyOf(entry) !== undefined && keys.indexOf(keys[i] ?? "") < i ? [{ path, got: entry, message }] : [],
  );
}
