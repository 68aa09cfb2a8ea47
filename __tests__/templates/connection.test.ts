import { transformSync } from "esbuild";
import demo from "../../environments/demo";
import kubernetes from "../../environments/kubernetes-production";
import territories from "../../environments/territories";
import { type EnvironmentInput, parseEnvironment } from "../../model/config";
import { buildTopology } from "../../model/topology";
import { type Connection, deployedAddresses, languageNames, languages, shownSub } from "../../templates/connection";

const addressesOf = (input: EnvironmentInput) => {
  const { environment } = parseEnvironment(input);
  const [cluster] = environment ? buildTopology(environment).clusters : [];
  if (!cluster) throw new Error("no cluster");
  return deployedAddresses(cluster);
};

const base = {
  environment: "demo",
  cluster: "core",
  of: "twin",
  servers: ["tls://127.0.0.1:14222", "tls://127.0.0.1:14232"],
  websocket: ["wss://127.0.0.1:14224"],
  caFile: "/it's here/ca.crt",
  inboxPrefix: "_INBOX.me",
  todo: [],
} satisfies Partial<Connection>;
const nkey = { by: "nkey", service: "main-api", nkey: "U", seedFile: "/keys/user-service-main-api.key" } as const;
const token = { by: "token", sub: "me", issuer: "https://id/", audience: "api", command: "natsform token" } as const;

describe.each(languageNames)("%s", (language) => {
  const { text, services } = languages[language];
  const logins = services ? [nkey, token] : [token];

  test.each(logins)("of $by says where, as whom, in which inboxes, and whom to trust", (login) => {
    const printed = text({ ...base, login });
    const inPage = language === "browser";
    // A page learns the user of each token, and trusts what the browser does.
    for (const part of inPage ? base.websocket : [...base.servers, base.caFile, base.inboxPrefix])
      expect(printed).toContain(part);
    if (login.by === "nkey") expect(printed).toContain(login.seedFile);
  });

  test("with authorities that the system trusts, TLS is still demanded", () => {
    const printed = text({ ...base, caFile: undefined, login: token });
    const demanded = {
      env: "tls://",
      node: "tls: {}",
      "node-v2": "tls: {}",
      python: '"tls": ssl',
      go: "nats.Secure()",
      browser: "wss://",
    };
    expect(printed).toContain(demanded[language]);
  });

  test("of a name that is code in some language stays text", () => {
    for (const sub of ["a\nimport os", "a */ alert(1) /*", "a\u2028b", '"""; evil', "a'; rm -rf ."]) {
      const printed = text({ ...base, login: { ...token, sub } });
      expect(printed).not.toContain(sub);
    }
    expect(shownSub("auth0|alice")).toBe("'auth0|alice'");
  });
});

test.each(["node", "node-v2", "browser"] as const)(
  "what is printed for %s is JavaScript, with a sentinel too",
  (language) => {
    for (const sentinel of [undefined, "eyJ.x.y"])
      for (const login of language === "browser" ? [token] : [nkey, token]) {
        const printed = languages[language].text({ ...base, login, sentinel });
        expect(() => transformSync(printed, { loader: "js", format: "esm" })).not.toThrow();
        expect(printed.includes("jwtAuthenticator(")).toBe(sentinel !== undefined);
      }
  },
);

test("a deployment is reached by its public name, by the name of its servers together, or by each of them", () => {
  expect(addressesOf(demo)).toEqual({
    servers: ["tls://nats.demo.example.com:4222"],
    websocket: ["wss://nats.demo.example.com:443"],
    privateAuthority: false,
    todo: [],
  });
  const inside = addressesOf(kubernetes);
  expect(inside.servers).toEqual(["tls://nats.nats.svc.cluster.local:4222"]);
  expect(inside.todo).toEqual([expect.stringContaining("inside"), expect.stringContaining("NATS_CA_FILE")]);
  expect(addressesOf(territories).servers).toEqual(
    ["dk", "no", "se"].map((host) => `tls://nats-${host}.territories.mesh.internal:4222`),
  );
});
