import type { Trust } from "../model/config";
import type { Topology } from "../model/topology";

const key = (prefix: string) => prefix.padEnd(56, "A");
const jwt = "eyJhbGciOiJub25lIn0.e30.AA";

/** A trust file with every key that the topology needs. The keys have the right form and belong to nobody. */
export function standInTrust({ environment, identity }: Topology): Trust {
  const users = [
    ...identity.users.map(({ name }) => name),
    ...Object.keys(identity.services).map((name) => `service-${name}`),
  ];
  const account = { publicKey: key("A"), signingKey: key("A"), jwt };
  return {
    environment,
    example: true,
    issuer: key("A"),
    xkey: key("X"),
    users: Object.fromEntries(users.map((name) => [name, key("U")])),
    operator: { publicKey: key("O"), jwt },
    accounts: Object.fromEntries(identity.accounts.map(({ name }) => [name, account])),
    sentinel: jwt,
  };
}
