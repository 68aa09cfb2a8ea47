import { readFileSync } from "node:fs";
import { decodeProtectedHeader } from "jose";
import type { EnvironmentInput } from "../../model/config";
import { TestProject } from "../support/project";
import { oidc, oneServer, permissions } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";

/** The issuer of a twin signs what the environment accepts, and for nobody but the command line. */
const project = new TestProject();
const twin = new TestTwin(project, "issued");
type Algorithm = NonNullable<EnvironmentInput["identity"]["oidc"]["algorithms"]>[number];
const accepting = (...algorithms: Algorithm[]) => ({
  ...oneServer("issued"),
  identity: { mode: "callout" as const, oidc: { ...oidc, algorithms }, permissions },
});
afterAll(async () => {
  await twin.close();
  await project.remove();
});

const issuer = () => {
  const address = readFileSync(twin.folder.program("oidc-issuer").log, "utf8")
    .match(/listens on (\S+)/g)
    ?.at(-1);
  return `http://${address?.replace("listens on ", "")}`;
};

test.each<Algorithm[][]>([[["ES256"]], [["EdDSA"]], [["PS256", "RS256"]]])(
  "a token is signed by one of %j, and gets in",
  async (algorithms) => {
    await twin.up(accepting(...algorithms));
    const { ok, rows } = await twin.verify();
    expect(rows.filter((row) => !row.ok)).toEqual([]);
    expect(ok).toBe(true);
    expect(decodeProtectedHeader(await twin.token("alice")).alg).toBe(algorithms[0]);
  },
);

test("a key that the environment still accepts is kept", async () => {
  const { kid } = decodeProtectedHeader(await twin.token("alice"));
  await twin.up(accepting("RS256", "PS256"));
  expect(decodeProtectedHeader(await twin.token("alice"))).toMatchObject({ kid, alg: "PS256" });
});

test("whoever reaches its port reads the public half of one key, and has nothing signed", async () => {
  const answer = await fetch(`${issuer()}/jwks`);
  const { keys } = (await answer.json()) as { keys: Record<string, unknown>[] };
  expect(keys.map((key) => Object.keys(key).sort())).toEqual([["alg", "e", "kid", "kty", "n", "use"]]);
  for (const [method, path] of [
    ["POST", "/token"],
    ["GET", "/token"],
    ["POST", "/jwks"],
    ["GET", "/authorize"],
    ["POST", "/introspect"],
  ]) {
    const body = method === "POST" ? "grant_type=client_credentials&aud=https://api.tests.example.com" : undefined;
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const { status } = await fetch(`${issuer()}${path}`, { method, ...(body && { body, headers }) });
    expect([method, path, status]).toEqual([method, path, 404]);
  }
});
