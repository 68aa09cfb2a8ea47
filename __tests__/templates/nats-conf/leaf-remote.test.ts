import { leafRemote } from "../../../templates/nats-conf";
import { Include } from "../../../templates/nats-conf/tree";

const files = {
  certificate: { cert: "/certs/tls.crt", key: "/certs/tls.key" },
  ca: "/ca/leafnodes.crt",
  credentials: (user: string) => `/credentials/${user}.creds`,
  seedInclude: (user: string) => `credentials/${user}.conf`,
};
const remote = (mode: "callout" | "operator") =>
  leafRemote({
    mode,
    link: {
      hub: "hub",
      account: "APP",
      user: "leaf-edge-APP",
      closed: { both: ["_INBOX.>"], exports: ["_INBOX.>", "$JS.>"] },
    },
    urls: ["tls://hub.example.com:7422"],
    account: "APP",
    files,
  });

test.each(["callout", "operator"] as const)(
  "in %s mode a leaf presents its certificate to its hub, and trusts the hub's authority alone",
  (mode) => {
    expect(remote(mode).tls).toEqual({
      cert_file: "/certs/tls.crt",
      key_file: "/certs/tls.key",
      ca_file: "/ca/leafnodes.crt",
      timeout: 5,
    });
  },
);

test("a leaf's login is a file beside its configuration, and no part of it", () => {
  expect(remote("operator")).toMatchObject({ credentials: "/credentials/leaf-edge-APP.creds" });
  expect(remote("callout").include).toEqual(new Include("credentials/leaf-edge-APP.conf"));
});

test("a leaf keeps from its hub by itself what its link closes", () => {
  expect(remote("callout")).toMatchObject({ deny_imports: ["_INBOX.>"], deny_exports: ["_INBOX.>", "$JS.>"] });
});
