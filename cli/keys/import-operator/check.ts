import type { Problem } from "../../../model/config";
import type { Topology } from "../../../model/topology";
import { accountProblems, calloutProblems } from "./check-accounts";
import { sharingProblems } from "./check-sharing";
import { userProblems } from "./check-users";
import { hasEnded, type Import, type OwnKeys } from "./parts";

/** Every problem of an import, each with what to change. Pure. */
export function importProblems(topology: Topology, given: Import, own: OwnKeys, now: Date): Problem[] {
  return [
    ...operatorProblems(given, now),
    ...topology.identity.accounts.flatMap((account) => accountProblems(topology, account, given, own, now)),
    ...topology.identity.accounts.flatMap((account) => sharingProblems(topology, account, given)),
    ...calloutProblems(topology, given, own),
    ...userProblems(topology, given, own, now),
  ];
}

function operatorProblems({ operator, systemAccount }: Import, now: Date): Problem[] {
  const path = ["operator-jwt"];
  const { system_account } = operator.nats;
  return [
    ...(operator.iss !== operator.sub
      ? [{ path, got: operator.iss, message: "is not signed by the operator itself" }]
      : []),
    ...(hasEnded(operator, now) ? [{ path, got: operator.exp, message: "has ended" }] : []),
    ...(system_account !== undefined && system_account !== systemAccount.sub
      ? [
          {
            path: ["system-account"],
            got: systemAccount.sub,
            message: `is not the operator's system account, ${system_account}`,
            fix: "export both from the same system",
          },
        ]
      : []),
  ];
}
