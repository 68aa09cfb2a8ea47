import { buildTopology, isLandingAccount } from "../../../model/topology";
import { RESPONDER_PERMISSIONS } from "../../../runtime/auth-callout/contract";
import { BACKUP_PERMISSIONS } from "../../../runtime/backup/contract";
import { RENEWAL_PERMISSIONS } from "../../../runtime/certificate-renewal/contract";
import { OBSERVER_PERMISSIONS } from "../../../runtime/observer/contract";
import { covers } from "../../../runtime/subjects/spec";
import { changed, parsed } from "../../support/lint-environment";

const identityWith = (changes: Record<string, unknown> = {}) => buildTopology(parsed(changed(changes))).identity;
const user = (name: string, identity = identityWith()) => identity.users.find((one) => one.name === name);

test("the programs' users have the rights of their contracts, and no others", () => {
  expect(user("responder")).toMatchObject({ account: "AUTH", permissions: RESPONDER_PERMISSIONS });
  expect(user("renewal")).toMatchObject({ account: "SYS", permissions: RENEWAL_PERMISSIONS });
  expect(user("observer")).toMatchObject({ account: "SYS", permissions: OBSERVER_PERMISSIONS });
  expect(user("backup-APP")).toMatchObject({ account: "APP", permissions: BACKUP_PERMISSIONS });
  for (const { name, permissions } of identityWith().users.filter(({ connections }) =>
    connections.includes("STANDARD"),
  ))
    if (name !== "sys")
      expect([name, permissions?.publish?.allow, permissions?.subscribe?.allow]).not.toContain(undefined);
});

test("a streams user publishes to whatever streams of its account take, answers nobody, and hears its own answers alone", () => {
  const before = user("streams-APP");
  const { publish, subscribe } = before?.permissions ?? {};
  expect(publish?.allow).toEqual([">"]);
  for (const subject of [
    "_INBOX.alice.1",
    "_INBOX._UABC.1",
    "_R_.a.b",
    "$SYS.REQ.USER.INFO",
    "_NATSFORM.INBOX.backup.1",
  ])
    expect([subject, publish?.deny?.some((denied) => covers(denied, subject))]).toEqual([subject, true]);
  expect(subscribe?.allow).toEqual(["_NATSFORM.INBOX.streams.>"]);
  // Servers know it by its rights: another stream is no change of theirs.
  const more = { name: "MORE", cluster: "core", subjects: ["more.>"], maxAge: "1d", maxBytes: "1MiB" };
  expect(user("streams-APP", identityWith({ "streams[1]": more }))).toEqual(before);
});

test("programs log in as clients, and leaf nodes as leaf nodes", () => {
  for (const { name, connections } of identityWith().users)
    expect([name, connections]).toEqual([name, name.startsWith("leaf-") ? ["LEAFNODE"] : ["STANDARD"]]);
  expect(user("leaf-edge-APP")).toBeDefined();
});

test("natsform's own accounts store and share nothing, and nobody lands in them", () => {
  const identity = identityWith();
  const own = identity.accounts.filter(({ name }) => !isLandingAccount(identity, name));
  expect(own).toEqual(
    ["SYS", "AUTH"].map((name) => ({ name, jetstream: false, limits: {}, exports: [], imports: [] })),
  );
});
