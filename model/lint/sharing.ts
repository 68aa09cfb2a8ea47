import { covers, mayAsk, overlaps, reservedBy, widest } from "../../runtime/subjects/spec";
import { effectiveLists } from "../config";
import type { AccountImport, AccountTopology } from "../topology";
import { closesCircle } from "./circles";
import { type EnvironmentRule, type LintContext, pathText } from "./context";

/** What accounts share, and what users reach in the account that they land in. */

const accountsOf = ({ topology }: LintContext) => topology.identity.accounts;
const eachImport = (context: LintContext) =>
  accountsOf(context).flatMap((account) => account.imports.map((one, i) => ({ account, one, i })));
const isService = ({ kind }: { kind: string }) => kind === "service";
const streamsOf = ({ topology }: LintContext, account: string) =>
  topology.streams.filter((stream) => stream.account === account);

const notExported: EnvironmentRule = {
  id: "import-not-exported",
  severity: "error",
  impossible: true,
  title: "An account imports what no other exports to it",
  reason:
    "In configuration mode nats-server does not start: it says that the import is not authorized. In operator mode it starts, logs it, and the import does nothing.",
  fix: "export it to the account, with these subjects or more",
  check: (context) =>
    eachImport(context).flatMap(({ account, one, i }) => {
      const theirs = accountsOf(context).find(({ name }) => name === one.account)?.exports ?? [];
      const matching = theirs.filter(({ kind, subject }) => kind === one.kind && covers(subject, one.subject));
      if (matching.some(({ accounts }) => accounts?.includes(account.name) ?? true)) return [];
      const others = [...new Set(matching.flatMap(({ accounts = [] }) => accounts))].join(", ");
      const message = others
        ? `${one.account} exports ${one.kind} ${one.subject} to ${others} alone`
        : `${one.account} exports no ${one.kind} that holds ${one.subject}`;
      return [{ at: pathText("accounts", account.name, "imports", i), message }];
    }),
};

const circle: EnvironmentRule = {
  id: "imports-circle",
  severity: "error",
  impossible: true,
  title: "Imports of accounts lead back to where they start",
  reason:
    "A message would go round for ever: nats-server refuses the import that closes the circle, and in configuration mode it does not start.",
  fix: "give the subjects of one direction names of their own",
  check: (context) =>
    eachImport(context).flatMap(({ account, one, i }) => {
      const back = closesCircle(accountsOf(context), account.name, one);
      const message = `${one.kind} ${one.to} of ${account.name} comes back from ${one.account}`;
      return back ? [{ at: pathText("accounts", account.name, "imports", i), message }] : [];
    }),
};

const reserved: EnvironmentRule = {
  id: "export-reserved",
  severity: "error",
  title: "An account shares subjects of servers, JetStream or inboxes",
  reason:
    "Who imports JetStream's interface has the streams of the other account, and who imports inboxes hears its answers. Replies between accounts find their way back without an export.",
  fix: "name the subjects of your own services",
  check: (context) =>
    accountsOf(context).flatMap(({ name, exports, imports }) =>
      [
        ...exports.map(({ subject }, i) => ({ subject, at: pathText("accounts", name, "exports", i) })),
        ...imports.map(({ to }, i) => ({ subject: to, at: pathText("accounts", name, "imports", i) })),
      ].flatMap(({ subject, at }) => {
        const why = reservedBy(subject);
        return why === undefined ? [] : [{ at, message: `${subject} would grant ${why}` }];
      }),
    ),
};

const storedAnswer: EnvironmentRule = {
  id: "export-answered-by-stream",
  severity: "warning",
  title: "A stream answers before the service that is exported",
  reason:
    "A server takes one answer back over an import. The acknowledgement of a stream that stores the request is such an answer, and comes first: the service's own is lost.",
  fix: 'response: "stream", which takes back every answer; or requests that no stream stores',
  check: (context) =>
    accountsOf(context).flatMap(({ name, exports }) =>
      exports.flatMap(({ kind, subject, response }, i) => {
        if (kind !== "service" || response === "stream") return [];
        const answering = Object.entries(context.environment.identity.services).find(([, service]) => {
          const { allowResponses, subscribe } = effectiveLists(service);
          return service.account === name && allowResponses !== false && mayAsk({ allow: [subject] }, subscribe);
        });
        const stream = streamsOf(context, name).find(({ subjects }) => subjects.some((own) => overlaps(own, subject)));
        if (!answering || !stream) return [];
        const message = `stream ${stream.name} acknowledges ${subject} before ${answering[0]} answers`;
        return [{ at: pathText("accounts", name, "exports", i), message }];
      }),
    ),
};

/** Subjects that holders of tokens may publish to, with the account that they land in. */
const published = ({ environment: { identity } }: LintContext) =>
  identity.permissions.flatMap(({ account, publish }, i) =>
    publish.allow.map((template, k) => ({
      ...{ account, publish, template, subject: widest(template) },
      at: pathText("identity", "permissions", i, "publish", "allow", k),
    })),
  );

const acknowledged: EnvironmentRule = {
  id: "acknowledged-anywhere",
  severity: "warning",
  title: "Users publish into a stream of the account that they are in",
  reason:
    "The server acknowledges what a stream stores on whatever subject its publisher names, with no look at that one's rights: on one that a stream stores, too. There it stands like a message of somebody else, so a subject of the account proves nothing about its publisher. Message ids belong to the stream as well: who uses one first has the other's message dropped.",
  fix: "put users into an account of their own, without streams, that imports services, as kubernetes-production does",
  check: (context) =>
    published(context).flatMap(({ account, template, subject, at }) => {
      const own = streamsOf(context, account);
      const stream = own.find(({ subjects }) => subjects.some((stored) => overlaps(stored, subject)));
      if (stream) {
        const message = `stream ${stream.name} stores ${template}, and its acknowledgement goes to any subject of ${account}`;
        return [{ at, message }];
      }
      const asked = accountsOf(context)
        .find(({ name }) => name === account)
        ?.imports.find((one) => isService(one) && overlaps(one.to, subject));
      return asked && own[0]
        ? [
            {
              at,
              message: `an answer from ${asked.account} goes to any subject of ${account}, where ${own[0].name} stores`,
            },
          ]
        : [];
    }),
};

/** True when an answer that is sent on over the import arrives on a subject that somebody can foresee, if only in part. */
const takesAnswers = (one: AccountImport) => isService(one) && (one.to !== one.subject || !/[*>]/.test(one.subject));

const sentOn: EnvironmentRule = {
  id: "answers-into-imports",
  severity: "warning",
  title: "Users can have an answer sent on to another service that is imported",
  reason:
    "A request names the subject of its answer, in the account of whoever asks. Where that is an import of another service, the server sends the answer on as a request, whoever may publish there. It does not over the import that the request took, nor over one of the same subjects with wildcards on both sides (measured on nats-server 2.15.2).",
  fix: "import one service for all that users ask, such as api.*.>, or subjects with wildcards that are the same on both sides",
  check: (context) =>
    accountsOf(context).flatMap((account: AccountTopology) =>
      account.imports.flatMap((one, i) => {
        if (!takesAnswers(one)) return [];
        const asked = account.imports.find(
          (other) =>
            other !== one &&
            isService(other) &&
            published(context).some(
              ({ account: landing, publish, subject }) =>
                landing === account.name &&
                overlaps(other.to, subject) &&
                !publish.allow.some((own) => covers(own, one.to)),
            ),
        );
        if (!asked) return [];
        const message = `whoever asks ${asked.to} can have the answer sent on to ${one.to}`;
        return [{ at: pathText("accounts", account.name, "imports", i), message }];
      }),
    ),
};

export const sharingRules: readonly EnvironmentRule[] = [
  notExported,
  circle,
  reserved,
  storedAnswer,
  acknowledged,
  sentOn,
];
