import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { optionsFromEnvironment } from "../../../runtime/client";

const folder = mkdtempSync(join(tmpdir(), "natsform-options-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "seed");
writeFileSync(file, "SUAB\n");

test.each<[string, Record<string, string>, object]>([
  [
    "a twin's service",
    { NATS_NKEY_SEED_FILE: file, NATS_CA_FILE: "ca.crt", NATS_INBOX_PREFIX: "_INBOX._U" },
    { authentication: { kind: "nkey", seed: "SUAB" }, caFile: "ca.crt", inboxPrefix: "_INBOX._U" },
  ],
  [
    "a deployed service",
    { NATS_NKEY_SEED: "SUAB", NATS_CA: "pem", NATS_SENTINEL: "jwt", NATS_TOKEN: "" },
    { authentication: { kind: "nkey", seed: "SUAB", sentinel: "jwt" }, ca: "pem" },
  ],
  ["a person", { NATS_TOKEN: "a.b.c" }, { authentication: { kind: "token", token: "a.b.c" } }],
])("the variables of %s are a client's options", (_, env, options) => {
  expect(optionsFromEnvironment(env)).toEqual(options);
});

test("no login and two logins are errors that say which", () => {
  expect(() => optionsFromEnvironment({ NATS_CA_FILE: "ca.crt" })).toThrow("natsform connect ENV --as SERVICE");
  expect(() => optionsFromEnvironment({ NATS_TOKEN: "a", NATS_NKEY_SEED_FILE: file })).toThrow(
    "NATS_NKEY_SEED_FILE and NATS_TOKEN are 2 logins: set one of them",
  );
});
