import { z } from "zod";
import { matching } from "./scalars";

const digest = /@sha256:[0-9a-f]{64}$/;

/** True for a reference that names one content for ever, wherever it is copied to. */
export const isPinned = (image: string): boolean => digest.test(image);

/** An image by tag and digest: the tag is for people, and nodes pull what has the digest. */
export const pinnedImage = matching(
  /^[^\s@]+:[\w][\w.-]{0,127}@sha256:[0-9a-f]{64}$/,
  "must be an image by tag and digest such as nats:2.15.2-alpine@sha256:…, as crane digest prints it",
);

/** A repository, or one image of it. */
const serverImage = matching(
  /^(?:[^\s@/]+\/)*[^\s@/:]+(?::[\w][\w.-]{0,127}@sha256:[0-9a-f]{64})?$/,
  "must be a repository, without a tag, or an image by tag and digest such as nats:2.15.2-alpine@sha256:…",
);

const programDigest = matching(/^sha256:[0-9a-f]{64}$/, "must be a digest such as sha256:…, with 64 digits").optional();

/** Images on ECS that are not natsform's own. */
export const awsImages = z
  .strictObject({
    /** nats-server: a repository, whose alpine image of the pinned version is taken, or that image with its digest. */
    nats: serverImage.default("public.ecr.aws/docker/library/nats"),
  })
  .prefault({});

/** Images on Kubernetes. */
export const kubernetesImages = z
  .strictObject({
    /** nats-server: a repository, whose alpine image of the pinned version is taken, or that image with its digest. */
    nats: serverImage.default("nats"),
    /** The chart's reloader, by digest; without it the chart's own. */
    reloader: pinnedImage.optional(),
    /** The chart's exporter, by digest; without it the chart's own. */
    exporter: pinnedImage.optional(),
    /** nats-box, by digest; without it the chart's own. */
    natsBox: pinnedImage.optional(),
    /** Prefix of natsform's own programs: `<programs>/auth-callout`. */
    programs: z.string().min(1).default("natsform"),
    /** Tag under which natsform's own programs exist. Without it `deploy` pushes them, tagged by their contents. */
    tag: matching(/^[\w][\w.-]{0,127}$/, "must be the tag of an image").optional(),
    /** Digests of the programs under that tag, as `images push` prints them. */
    digests: z
      .strictObject({
        "auth-callout": programDigest,
        "certificate-renewal": programDigest,
        "http-gateway": programDigest,
        backlog: programDigest,
        backup: programDigest,
        streams: programDigest,
      })
      .prefault({}),
  })
  .prefault({});
