import type { Problem } from "../../../model/config";
import type { AccountTopology, Topology } from "../../../model/topology";
import { covers } from "../../../runtime/subjects/spec";
import type { AccountJwt } from "../read-jwts";
import { controlPlane, type Import } from "./parts";

/** What an imported account has to share for the environment: it is in the operator's JWTs, or nowhere. */
export function sharingProblems(
  { identity }: Topology,
  { name, exports, imports }: AccountTopology,
  given: Import,
): Problem[] {
  const account = given.accounts[name];
  if (!account) return [];
  const { nats } = account;
  const problem = (key: "exports" | "imports", i: number, what: string): Problem => ({
    path: ["accounts", name, key, i],
    got: nats[key].length,
    message: `is not in the JWT of ${account.name}: ${what}`,
    fix: `add it ${controlPlane} and export again`,
  });
  const sourceOf = (key: string) => identity.accounts.find((other) => given.accounts[other.name]?.sub === key)?.name;
  return [
    ...exports.flatMap(({ kind, subject }, i) =>
      nats.exports.some((one) => one.type === kind && covers(one.subject, subject))
        ? []
        : [problem("exports", i, `${kind} ${subject}`)],
    ),
    ...imports.flatMap((one, i) =>
      nats.imports.some((theirs) => {
        const { subject, to } = subjectsOf(theirs);
        return (
          theirs.type === one.kind &&
          sourceOf(theirs.account) === one.account &&
          subject === one.subject &&
          to === one.to
        );
      })
        ? []
        : [problem("imports", i, `${one.kind} ${one.subject} of ${one.account}, as ${one.to}`)],
    ),
  ];
}

/** Services that others ask of an account without the environment's saying so: its services may not answer them. */
export function unsaidServices({ identity }: Topology, { accounts }: Import): string[] {
  return identity.accounts.flatMap(({ name, exports }) =>
    (accounts[name]?.nats.exports ?? [])
      .filter(({ type, subject }) => type === "service" && !exports.some((own) => covers(own.subject, subject)))
      .map(({ subject }) => `${subject} of ${name}`),
  );
}

/** Subject there and here. The older form says of a service first the one here. */
function subjectsOf({ type, subject, to, local_subject }: AccountJwt["nats"]["imports"][number]) {
  if (local_subject) return { subject, to: local_subject };
  return type === "service" ? { subject: to || subject, to: subject } : { subject, to: to || subject };
}
