import { join } from "node:path";
import type { EnvironmentInput } from "../../../model/config";
import { all, type Block, contextOf, one, projectWithCode, type Stack, synthesized } from "../../support/stacks";

const root = projectWithCode();
let stacks: Record<string, Stack>;

type Cluster = EnvironmentInput["clusters"][string];
const renewedBy = (name: string, renewal: "job" | "terraform", change: (cluster: Cluster) => void = () => undefined) =>
  contextOf("kubernetes-production", root, (input) => {
    input.name = name;
    const { nats } = input.clusters;
    if (!nats?.tls) throw new Error("the environment has no cluster nats with tls");
    nats.tls.vault = { renewal };
    change(nats);
  });

beforeAll(async () => {
  stacks = synthesized(
    [
      await renewedBy("jobs", "job"),
      await renewedBy("terraformed", "terraform"),
      await renewedBy("found", "terraform", ({ tls }) => Object.assign(tls?.vault ?? {}, { create: false })),
    ],
    join(root, "out"),
  );
});

const pki = (name = "terraformed") => stacks[`${name}-nats-pki`];
const secrets = (name?: string) =>
  Object.fromEntries(
    Object.values(all(pki(name), "kubernetes_secret_v1")).map((secret) => [
      (secret.metadata as { name: string }).name,
      secret as Block & { data_wo: Record<string, string>; data_wo_revision: unknown },
    ]),
  );

test("Terraform asks Vault for each certificate, and again when a third of its life is left", () => {
  const certificates = Object.values(all(pki(), "vault_pki_secret_backend_cert"));
  expect(certificates.map(({ name }) => name).sort()).toEqual([
    "nats-cluster-internal",
    "nats-cluster-leafnodes",
    "nats-cluster-routes",
  ]);
  for (const certificate of certificates) {
    expect(certificate).toMatchObject({ auto_renew: true, ttl: "2592000s", min_seconds_remaining: 864000 });
    expect(certificate.depends_on).toEqual([expect.stringMatching(/^vault_pki_secret_backend_role\.access_role-/)]);
    expect((certificate.common_name as string).length).toBeLessThanOrEqual(64);
    expect(certificate.alt_names).toContain("nats-2.nats-headless.nats.svc.cluster.local");
  }
});

test("Secrets are filled by write-only values, and again when a serial number or an authority is another one", () => {
  const filled = secrets();
  for (const id of ["internal", "routes", "leafnodes"]) {
    const { data, data_wo, data_wo_revision } = filled[`nats-${id}-tls`] ?? { data_wo: {}, data_wo_revision: 0 };
    expect(data).toBeUndefined();
    expect(data_wo["tls.crt"]).toMatch(
      new RegExp(`_${id}_\\w+\\.certificate}\\n\\$\\{.*_${id}_\\w+\\.issuing_ca}\\n$`),
    );
    expect(data_wo["tls.key"]).toMatch(new RegExp(`_${id}_\\w+\\.private_key}\\n$`));
    expect(data_wo_revision).toMatch(
      /^\$\{parseint\(substr\(sha256\(join\("", \[.*serial_number\]\)\), 0, 8\), 16\)}$/,
    );
  }
  const data_wo = filled["nats-authorities"]?.data_wo ?? {};
  expect(Object.keys(data_wo).sort()).toEqual(["internal.crt", "leafnodes.crt", "routes.crt"]);
  // Programs verify with the root; servers of routes and leaf nodes must not have it.
  expect(data_wo["internal.crt"]).toMatch(/vault_pki_secret_backend_root_cert\.\S+\.certificate/);
  expect(data_wo["routes.crt"]).not.toMatch(/root/);
  expect(filled["nats-keys"]?.data_wo).toEqual({ owner: "natsform" });
  expect(secrets("found")["nats-authorities"]?.data_wo["internal.crt"]).toMatch(/\.ca_chain}/);
});

test("Secrets keep their addresses whoever renews", () => {
  const addresses = (name: string) => Object.keys(all(pki(name), "kubernetes_secret_v1")).sort();
  expect(addresses("terraformed")).toEqual(addresses("jobs"));
});

test("there is no job, no login to Vault for one and no user of its own", () => {
  const types = (layer: string, name = "terraformed") => Object.keys(stacks[`${name}-nats-${layer}`]?.resource ?? {});
  expect(types("core", "jobs")).toEqual(expect.arrayContaining(["kubernetes_job_v1", "kubernetes_cron_job_v1"]));
  expect(types("core").filter((type) => /job/.test(type))).toEqual([]);
  expect(types("pki").filter((type) => /auth|policy|role_binding|service_account/.test(type))).toEqual([]);
  expect(one<{ depends_on?: string[] }>(stacks["terraformed-nats-core"], "helm_release").depends_on ?? []).toEqual([]);
});
