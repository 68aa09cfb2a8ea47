import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imageFolder, imageTag } from "../../artifacts/code-image";
import { toolPath } from "../../cli/core/toolbox/find";
import { buildImage } from "../../cli/images/build";
import { pushImage } from "../../cli/images/push";
import { programSource } from "../../cli/images/source";
import kubernetesProduction from "../../environments/kubernetes-production";
import { type ProgramName, programsOf } from "../../model/topology";
import { seeds } from "../support/cli-run";
import { pushNodeImage, startRegistry, type TestRegistry } from "../support/image-registry";
import { TestProject } from "../support/project";

// The environment has all that programs are there for: a gateway, and a service that is scaled by what waits for it.
const programs = programsOf("aws", "image");
const canary = "CANARY-3f1c";
// Without crane there is nothing to test, and `make test` has said so.
const whenCrane = toolPath("crane") ? describe : describe.skip;

whenCrane("images", () => {
  const first = new TestProject();
  const second = new TestProject();
  let registry: TestRegistry;
  let base: string;
  let pushed: {
    program: ProgramName;
    repository: string;
    tag: string;
    digest: string;
    reference: string;
    pushed: boolean;
  }[];

  const sourceOf = (root: string, program: ProgramName) => programSource(root, program, base);

  beforeAll(async () => {
    registry = await startRegistry();
    base = pushNodeImage(registry);
    first.write({
      name: "dev",
      identity: {
        mode: "callout",
        oidc: { issuer: "https://id.example.com/", audience: "nats" },
        permissions: [{ account: "APP", publish: { allow: ["a.>"] } }],
        services: {
          work: {
            account: "APP",
            uses: { consumers: ["A/work"] },
            runs: {
              cluster: "core",
              code: { kind: "image", image: `registry.example.com/work:1@sha256:${"a".repeat(64)}` },
              count: 1,
              scale: { most: 4, backlog: { consumer: "A/work", perProcess: 50 } },
            },
          },
        },
      },
      accounts: { APP: {} },
      streams: [{ name: "A", cluster: "core", subjects: ["a.>"], maxAge: "1d", consumers: [{ name: "work" }] }],
      clusters: {
        core: {
          platform: { kind: "aws-ecs", region: "eu-west-1", domain: "dev.example.com" },
          jetstream: { memory: "64MiB", file: "1GiB" },
          httpGateway: { routes: { ask: { kind: "publish", path: "/ask/{what}", subject: "a.{sub}.{what}" } } },
        },
      },
    } as never);
    process.env.NATSFORM_TEST_CANARY = canary;
  });
  afterAll(async () => {
    delete process.env.NATSFORM_TEST_CANARY;
    await registry?.stop();
    await Promise.all([first.remove(), second.remove()]);
  });

  test("are pushed under a tag that the stacks find in the project", async () => {
    const said = await first.run("images", "push", "dev", "--registry", registry.host, "--base", base, "--json");
    pushed = JSON.parse(said);
    expect(pushed.map(({ program }) => program)).toEqual(programs);
    for (const { program, repository, tag, digest, reference, pushed: isNew } of pushed) {
      expect({ repository, isNew }).toEqual({ repository: `${registry.host}/dev/${program}`, isNew: true });
      expect(tag).toBe(imageTag(imageFolder(first.root, program)));
      expect(reference).toBe(`${repository}@${digest}`);
      expect(registry.crane("digest", `${repository}:${tag}`).trim()).toBe(digest);
      registry.crane("validate", "--remote", reference);
    }
  });

  test("of a cluster on Kubernetes go where its platform says, under the tag that its stacks name", async () => {
    const repository = `${registry.host}/nats`;
    const { nats } = structuredClone(kubernetesProduction.clusters);
    if (nats?.platform.kind !== "kubernetes") throw new Error("the shipped environment has no cluster nats");
    nats.platform.images = { programs: repository };
    first.write({ ...kubernetesProduction, clusters: { nats } });
    const said = await first.run("images", "push", kubernetesProduction.name, "--base", base, "--json");
    const theirs = JSON.parse(said) as typeof pushed;
    expect(theirs.map((image) => image.program)).toEqual(
      programsOf("kubernetes", "image").filter((name) => name !== "http-gateway" && name !== "backlog"),
    );
    for (const { program, digest, ...image } of theirs) {
      expect(image).toMatchObject({ repository: `${repository}/${program}`, pushed: true });
      expect(image.tag).toBe(imageTag(imageFolder(first.root, program)));
      expect(registry.crane("digest", `${repository}/${program}:${image.tag}`).trim()).toBe(digest);
    }
    pushed.push(...theirs);
  });

  test("of services are built from a file or a binary, and refused with all that is missing before one is pushed", async () => {
    const third = new TestProject();
    try {
      const run = (code: object) => ({ account: "APP", serves: ["a.b"], runs: { code } });
      const environment = (services: object) => ({
        name: "dev",
        identity: {
          mode: "callout",
          oidc: { issuer: "https://id.example.com/", audience: "nats" },
          permissions: [{ account: "APP", publish: { allow: ["a.>"] } }],
          services,
        },
        clusters: { core: { platform: { kind: "aws-ecs", region: "eu-west-1", domain: "dev.example.com" } } },
      });
      writeFileSync(join(third.root, "api.ts"), 'console.log("api" as string);\n');
      writeFileSync(join(third.root, "bills"), "#!/bin/sh\n");
      const right = { api: run({ kind: "node", entry: "api.ts" }), bills: run({ kind: "binary", amd64: "bills" }) };
      const wrong = { one: run({ kind: "node", entry: "one.ts" }), two: run({ kind: "binary", amd64: "two" }) };
      const push = ["images", "push", "dev", "--registry", registry.host, "--base", base, "--json"];
      const before = await registry.uploads();
      third.write(environment({ ...right, ...wrong }));
      const { code, stdout, stderr } = await third.natsform(...push);
      expect([code === 0, await registry.uploads()]).toEqual([false, before]);
      for (const missing of ["one.ts", "two"]) expect(stdout + stderr).toContain(`there is no file ${missing}`);

      third.write(environment(right));
      const all = JSON.parse(await third.run(...push)) as typeof pushed;
      const own = all.filter(({ repository }) => repository === `${registry.host}/dev/services`);
      expect(own.map(({ tag }) => tag.replace(/[0-9a-f]{32}$/, ""))).toEqual(["api-", "bills-"]);
      const crane = (...args: string[]) => execFileSync(toolPath("crane") ?? "", args, { maxBuffer: 2 ** 29 });
      const [api, bills] = own.map(({ reference }) => {
        const { config, rootfs } = JSON.parse(crane("config", reference).toString("utf8"));
        const files = execFileSync("tar", ["-tv"], { input: crane("export", reference, "-") }).toString("utf8");
        return { ...config, layers: rootfs.diff_ids.length, files };
      });
      expect(api).toMatchObject({ Entrypoint: ["node", "/app/main.mjs"], User: "1000:1000" });
      expect(api.files).toMatch(/-rw-r--r-- .* app\/main\.mjs/);
      expect(bills).toMatchObject({ Entrypoint: ["/app/main"], User: "1000:1000", layers: 1 });
      expect(bills.files.trim().split("\n")).toEqual([
        expect.stringMatching(/^drwxr-xr-x .* app\/?$/),
        expect.stringMatching(/^-rwxr-xr-x .* app\/main$/),
      ]);
    } finally {
      await third.remove();
    }
  });

  test("are the same bytes when they are built elsewhere, and nothing is uploaded twice", async () => {
    const before = await registry.uploads();
    expect(before).toBeGreaterThan(programs.length);
    for (const { pushed: _, reference, repository, ...image } of pushed) {
      expect(await buildImage(second.root, sourceOf(second.root, image.program))).toMatchObject(image);
      const again = await pushImage({
        root: second.root,
        source: sourceOf(second.root, image.program),
        repository,
      });
      expect(again).toEqual({ ...image, repository, reference, pushed: false });
    }
    expect(await registry.uploads()).toBe(before);
  });

  test("run as nobody, change nothing of the base but their own layer, and hold nothing of who built them", () => {
    for (const { program, reference } of pushed) {
      const config = JSON.parse(registry.crane("config", reference));
      expect(config.config).toMatchObject({ User: "1000:1000", Entrypoint: ["node", "/app/main.cjs"] });
      expect(config.config.Cmd).toBeUndefined();
      expect(config.config.Env).toEqual(["PATH=/usr/local/bin:/usr/bin:/bin", "NODE_ENV=production"]);
      const manifest = JSON.parse(registry.crane("manifest", reference));
      const layers = JSON.parse(registry.crane("manifest", base)).layers.map(
        ({ digest }: { digest: string }) => digest,
      );
      expect(manifest.layers.map(({ digest }: { digest: string }) => digest).slice(0, -1)).toEqual(layers);
      const code = readFileSync(join(imageFolder(first.root, program), "main.cjs"), "utf8");
      const text = [JSON.stringify(config), JSON.stringify(manifest), code].join();
      expect([canary, first.root].filter((word) => text.includes(word))).toEqual([]);
      expect(seeds.test(text)).toBe(false);
    }
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;
  asRoot.each([
    ["auth-callout", "the environment of the auth callout is wrong"],
    ["certificate-agent", "the environment of the certificate agent is wrong"],
    ["streams", "NATS_SERVERS"],
    ["certificate-renewal", "NAMESPACE"],
    ["backup", "BACKUP_ENVIRONMENT"],
    ["http-gateway", "the environment of the HTTP gateway is wrong"],
    ["backlog", "BACKLOGS"],
  ])("%s runs from its layers alone, and says what it lacks", (program, says) => {
    const image = pushed.find((one) => one.program === program);
    const folder = join(first.root, "unpacked", program);
    mkdirSync(folder, { recursive: true });
    const archive = `${folder}.tar`;
    registry.crane("export", image?.reference ?? "", archive);
    execFileSync("tar", ["-C", folder, "-xf", archive]);
    expect(statSync(join(folder, "app/main.cjs"))).toMatchObject({ uid: 0, mode: 0o100644 });

    const command = ["--userspec=1000:1000", folder, "/usr/local/bin/node", "/app/main.cjs"];
    const { status, stderr } = spawnSync("chroot", command, { env: { PATH: process.env.PATH }, encoding: "utf8" });
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining(says) });
  });

  test("a base that cannot be had is one clear error, and nothing is half done", async () => {
    const unknown = `${registry.host}/node@sha256:${"0".repeat(64)}`;
    await expect(buildImage(first.root, programSource(first.root, "streams", unknown))).rejects.toThrow(
      /cannot be pulled: .*MANIFEST_UNKNOWN/,
    );
    const bases = readdirSync(join(first.root, ".natsform/oci/base"));
    expect(bases).toEqual([expect.stringContaining(base.split(":").at(-1) ?? "")]);

    const { code, stderr } = await first.natsform("images", "build", "dev", "--base", "node:24-alpine");
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("must be named by its digest") });
  });

  test("a base of another platform is refused", async () => {
    const other = `${registry.host}/arm:1`;
    registry.crane("mutate", base, "--set-platform", "linux/arm64", "-t", other);
    const reference = `${registry.host}/arm@${registry.crane("digest", other).trim()}`;
    await expect(buildImage(first.root, programSource(first.root, "streams", reference))).rejects.toThrow(
      /linux\/arm64/,
    );
  });
});
