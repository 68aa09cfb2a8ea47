import { parseEnvironment } from "../../../model/config";
import { baseEnvironment, changed, pinned } from "../../support/lint-environment";

const at = "clusters.edge.platform.images";
const problemsOf = (images: object) =>
  parseEnvironment(changed({ [at]: images })).problems.map(
    ({ path, message }) => `${path.slice(4).join(".")} ${message}`,
  );

test("an image is a repository, or one content of it with its tag", () => {
  expect(parseEnvironment(baseEnvironment).problems).toEqual([]);
  for (const nats of [
    "nats",
    "registry.example.com:5000/mirror/nats",
    pinned("registry.example.com:5000/nats:2.15.2-alpine"),
  ])
    expect(problemsOf({ nats })).toEqual([]);
  for (const nats of [
    "nats:2.15.2-alpine",
    pinned("nats"),
    "nats@sha256:12",
    pinned("nats:2.15.2").toUpperCase(),
    "a b",
  ])
    expect(problemsOf({ nats })).toEqual([
      expect.stringMatching(/^nats must be a repository, without a tag, or an image/),
    ]);
  for (const reloader of ["reloader", "reloader:1", pinned("reloader")])
    expect(problemsOf({ reloader })).toEqual([expect.stringMatching(/^reloader must be an image by tag and digest/)]);
});

test("a SHA-256 is of an archive, and a folder has none", () => {
  const chart = { path: "/charts/nats", sha256: "0".repeat(64) };
  expect(parseEnvironment(changed({ "clusters.edge.platform.chart": chart })).problems).toEqual([
    expect.objectContaining({ path: ["clusters", "edge", "platform", "chart", "sha256"] }),
  ]);
});

test("digests of programs name a program and belong to a tag", () => {
  const digest = `sha256:${"1".repeat(64)}`;
  expect(problemsOf({ tag: "v1", digests: { streams: digest } })).toEqual([]);
  expect(problemsOf({ digests: { streams: digest } })).toEqual(["digests belongs to a tag, and there is none"]);
  expect(problemsOf({ tag: "v1", digests: { steams: digest, backup: "sha256:1" } })).toEqual([
    expect.stringMatching(/^digests.backup must be a digest such as/),
    expect.stringMatching(/^digests.steams unknown key/),
  ]);
});
