import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createAccount, createCurve, createOperator, createUser } from "nkeys.js";
import { ConfigError, formatPath } from "../../../model/config";
import { loadTrust, trustFile } from "../../../model/config/load";

const root = mkdtempSync(join(tmpdir(), "natsform-trust-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const account = createAccount().getPublicKey();
const right = {
  environment: "demo",
  issuer: account,
  xkey: createCurve().getPublicKey(),
  users: { sys: createUser().getPublicKey() },
};

function load(content: unknown) {
  const path = join(root, "demo.trust.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return loadTrust(path, root);
}
function refused(content: unknown): Record<string, string> {
  try {
    load(content);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.file).toBe("demo.trust.json");
    return Object.fromEntries(error.problems.map(({ path, message }) => [formatPath(path), message]));
  }
  throw new Error("not refused");
}

test("a trust file of public keys is read", () => {
  expect(load(right)).toEqual({ ...right, example: false, accounts: {} });
});

test("the shipped trust files are right, and marked as examples", () => {
  const checkout = resolve(__dirname, "../../..");
  const files = readdirSync(join(checkout, "environments")).filter((file) => file.endsWith(".trust.json"));
  expect(files).toHaveLength(5);
  for (const file of files) {
    const name = file.replace(".trust.json", "");
    expect(loadTrust(trustFile(name, checkout), checkout)).toMatchObject({ environment: name, example: true });
  }
});

test("a seed, or a key of another kind, is refused where a public key belongs", () => {
  const seed = new TextDecoder().decode(createUser().getSeed());
  expect(refused({ ...right, users: { sys: seed, responder: account } })).toEqual({
    "users.sys": "must be the public key of a user, U…",
    "users.responder": "must be the public key of a user, U…",
  });
  expect(refused({ ...right, issuer: createOperator().getPublicKey() })).toEqual({
    issuer: "must be the public key of an account, A…",
  });
});

test("everything that is wrong is told at once, in the operator's words", () => {
  expect(
    refused({
      ...right,
      environment: 5,
      issuer: undefined,
      xkey: null,
      usres: {},
      accounts: { APP: { publicKye: account } },
    }),
  ).toEqual({
    environment: "must be text",
    issuer: "is required: the public key of an account, A…",
    xkey: "must be the public key of a curve, X…",
    "accounts.APP.publicKey": "is required: the public key of an account, A…",
    "accounts.APP.publicKye": "unknown key",
    usres: "unknown key",
  });
});

test("what is no JSON, no object or not there is refused", () => {
  expect(Object.values(refused("{"))[0]).toMatch(/^is not JSON/);
  mkdirSync(join(root, "folder.trust.json"));
  expect(() => loadTrust(join(root, "folder.trust.json"), root)).toThrow(/is a folder\n.*restore it/);
  expect(refused("[]")).toEqual({ "(the whole file)": "must be an object" });
  expect(() => loadTrust(join(root, "none.trust.json"), root)).toThrow(
    /there is no trust file[\s\S]*natsform keys init/,
  );
});
