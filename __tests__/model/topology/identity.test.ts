import { buildTopology, isLandingAccount } from "../../../model/topology";
import { RESPONDER_PERMISSIONS } from "../../../runtime/auth-callout/contract";
import { BACKUP_PERMISSIONS } from "../../../runtime/backup/contract";
import { RENEWAL_PERMISSIONS } from "../../../runtime/certificate-renewal/contract";
import { changed, parsed } from "../../support/lint-environment";

const identityWith = (changes: Record<string, unknown> = {}) => buildTopology(parsed(changed(changes))).identity;
const user = (name: string, identity = identityWith()) => identity.users.find((one) => one.name === name);

test("the programs' users have the rights of their contracts, and no others", () => {
  expect(user("responder")).toMatchObject({ account: "AUTH", permissions: RESPONDER_PERMISSIONS });
  expect(user("renewal")).toMatchObject({ account: "SYS", permissions: RENEWAL_PERMISSIONS });
  expect(user("backup-APP")).toMatchObject({ account: "APP", permissions: BACKUP_PERMISSIONS });
  for (const { name, permissions } of identityWith().users.filter(({ connections }) =>
    connections.includes("STANDARD"),
  ))
    if (name !== "sys")
      expect([name, permissions?.publish?.allow, permissions?.subscribe?.allow]).not.toContain(undefined);
});

test("a streams user publishes to the streams of its own account alone, and hears nothing but its answers", () => {
  const other = {
    name: "NEWS",
    cluster: "core",
    account: "OTHER",
    subjects: ["news.>"],
    maxAge: "1d",
    maxBytes: "1MiB",
  };
  const identity = identityWith({ "streams[1]": other });
  expect(user("streams-APP", identity)?.permissions?.publish?.allow).not.toContain("news.>");
  expect(user("streams-OTHER", identity)?.permissions?.publish?.allow).toContain("news.>");
  for (const account of ["APP", "OTHER"])
    expect(user(`streams-${account}`, identity)?.permissions?.subscribe?.allow).toEqual(["_NATSFORM.INBOX.streams.>"]);
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
