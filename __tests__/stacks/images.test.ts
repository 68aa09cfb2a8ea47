import { join } from "node:path";
import { parse } from "yaml";
import type { EnvironmentInput } from "../../model/config";
import { pinned } from "../support/lint-environment";
import { contextOf, projectWithCode, type Stack, synthesized } from "../support/stacks";

const root = projectWithCode();
const server = pinned("registry.example.com:5000/nats:2.15.2-alpine");

/** Every value of a key `image` or `fullImageName`, in what stacks hold as blocks, as JSON text and as chart values. */
function imagesIn(value: unknown): string[] {
  if (typeof value === "string") return /^\s*[[{]|^\w+:/.test(value) ? imagesIn(fromText(value)) : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === "string" && /^(image|fullImageName)$/.test(key) ? [inner] : imagesIn(inner),
  );
}
const fromText = (text: string): unknown => {
  try {
    const read: unknown = parse(text);
    return typeof read === "string" ? undefined : read;
  } catch {
    return undefined;
  }
};
const imagesOf = (stacks: Record<string, Stack>) =>
  [...new Set(Object.values(stacks).flatMap(({ resource }) => imagesIn(resource)))].sort();

const synthesis = async (name: string, images: object, outdir: string, change: (platform: object) => void = () => {}) =>
  synthesized(
    [
      await contextOf(name, root, (input: EnvironmentInput) => {
        for (const { platform } of Object.values(input.clusters)) {
          Object.assign(platform, { images });
          change(platform);
        }
        for (const cluster of Object.values(input.clusters)) if (cluster.backup) cluster.backup.drill = "0 5 * * 0";
      }),
    ],
    join(root, outdir),
  );

test("on ECS every container of a server, drills included, is the image of that digest; our own are found by theirs", async () => {
  const found = imagesOf(await synthesis("demo", { nats: server }, "ecs"));
  expect(found.filter((image) => !image.startsWith("${data.aws_ecr_image."))).toEqual([server]);
});

test("a chart whose archive is known is that archive, in the project; Helm fetches what nobody compares", async () => {
  const release = async (name: string, chart: object, chartArchives: boolean) => {
    const context = await contextOf("kubernetes-production", root, ({ clusters }) => {
      Object.assign(clusters.nats?.platform ?? {}, { chart });
    });
    const stacks = synthesized([{ ...context, settings: { ...context.settings, chartArchives } }], join(root, name));
    return Object.values(stacks["kubernetes-production-nats-core"]?.resource.helm_release ?? {})[0];
  };
  const known = await release("known", {}, true);
  expect(known).toMatchObject({ chart: "../../../.natsform/charts/nats-86e0fbfe000b6d7f.tgz" });
  expect(known).not.toHaveProperty("repository");
  expect(await release("by-hand", {}, false)).toMatchObject({ chart: "nats", version: "2.14.2" });
  const repository = "https://charts.example.com";
  expect(await release("unknown", { repository }, true)).toMatchObject({
    repository,
    chart: "nats",
    version: "2.14.2",
  });
  expect(await release("folder", { path: "/charts/nats" }, true)).toMatchObject({ chart: "/charts/nats" });
});

test("on Kubernetes every container is the image of its digest, tag and all", async () => {
  const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
  const digests = {
    "auth-callout": digest("1"),
    "certificate-renewal": digest("2"),
    streams: digest("3"),
    backup: digest("4"),
  };
  const sidecars = {
    reloader: pinned("reloader:0.23.0"),
    exporter: pinned("exporter:0.20.1"),
    natsBox: pinned("nats-box:0.19.7"),
  };
  const images = { nats: server, ...sidecars, programs: "registry.example.com/natsform", tag: "v7", digests };
  const stacks = await synthesis("kubernetes-production", images, "kubernetes", (platform) =>
    Object.assign(platform, { natsBox: { users: ["sys"] } }),
  );
  expect(imagesOf(stacks)).toEqual(
    [
      server,
      ...Object.values(sidecars),
      ...Object.entries(digests).map(([name, of]) => `registry.example.com/natsform/${name}:v7@${of}`),
    ].sort(),
  );
});
