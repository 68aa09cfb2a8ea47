import type { TestServerOptions, TestUser } from "./options";
import { readEnvironment } from "./read-environment";
import type { TestEnvironment } from "./spec";
import { type ServerUser, usersOf } from "./users";

/** What a test server is to have. */
export interface Plan {
  maxPayloadBytes?: number;
  accounts: TestEnvironment["accounts"];
  users: Readonly<Record<string, ServerUser>>;
  streams: TestEnvironment["streams"];
  /** Where streams and buckets of the test's own are. */
  account: string;
}

/** @throws Error for options that do not go together, and for an environment that cannot be read */
export function planOf({ environment, people = {}, users = {}, as }: TestServerOptions): Plan {
  const plan = environment === undefined ? ofUsers(users) : ofEnvironment(readEnvironment(environment), people);
  const unread = environment === undefined ? people : users;
  if (Object.keys(unread).length > 0)
    throw new Error(environment === undefined ? "people have the rights of an environment: name it" : OWN_USERS);
  if (as !== undefined && !Object.hasOwn(plan.users, as)) throw new Error(unknownUser(as, plan));
  return plan;
}

const OWN_USERS = "an environment says itself who its users are: leave out `users`";

/** Which users there are, for who has named another one. */
export const unknownUser = (name: string, { users }: Plan): string => {
  const names = Object.keys(users);
  return `the test server has no user ${name}${names.length === 0 ? "" : `: it has ${names.join(", ")}`}`;
};

function ofEnvironment(environment: TestEnvironment, people: NonNullable<TestServerOptions["people"]>): Plan {
  const { accounts, streams, maxPayloadBytes } = environment;
  const [account = ""] = Object.keys(accounts);
  return { maxPayloadBytes, accounts, streams, account, users: usersOf(environment, people) };
}

const ALONE = "TEST";

const ofUsers = (users: Readonly<Record<string, TestUser>>): Plan => ({
  accounts: { [ALONE]: { jetstream: true } },
  account: ALONE,
  streams: [],
  users: Object.fromEntries(
    Object.entries(users).map(([name, { publish, subscribe, allowResponses }]) => [
      name,
      {
        account: ALONE,
        permissions: {
          ...(publish && { publish }),
          ...(subscribe && { subscribe }),
          ...(allowResponses && { allow_responses: true }),
        },
      },
    ]),
  ),
});
