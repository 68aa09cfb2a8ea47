import { isPinned } from "../../config/images";
import type { NamedImage, PlatformOf } from "./model";

/** Reference of the servers' image: the pinned version's alpine one, unless the configuration names it by digest. */
export const serverImage = ({ version }: { version: string }, { images }: { images: { nats: string } }): string =>
  isPinned(images.nats) ? images.nats : `${images.nats}:${version}-alpine`;

/** Reference of one of natsform's own programs on Kubernetes. */
export function programImage({ images }: PlatformOf<"kubernetes">, program: string, tag: string): string {
  const digest = (images.digests as Partial<Record<string, string>>)[program];
  return `${images.programs}/${program}:${tag}${digest ? `@${digest}` : ""}`;
}

/** Repository of the images of services that natsform builds: their tags begin with the service's name. */
export const serviceRepository = ({ images }: PlatformOf<"kubernetes">): string => `${images.programs}/services`;

/** Images on Kubernetes. Those of programs without a tag are left out: their tag is made of their contents. */
export function kubernetesImages(
  platform: PlatformOf<"kubernetes">,
  version: string,
  programs: readonly string[],
): NamedImage[] {
  const { images, reloader, monitoring, natsBox } = platform;
  const { tag } = images;
  return [
    { setting: "nats", image: serverImage({ version }, platform) },
    ...(reloader ? [{ setting: "reloader", image: images.reloader ?? "natsio/nats-server-config-reloader" }] : []),
    ...(monitoring.exporter
      ? [{ setting: "exporter", image: images.exporter ?? "natsio/prometheus-nats-exporter" }]
      : []),
    ...(natsBox ? [{ setting: "natsBox", image: images.natsBox ?? "natsio/nats-box" }] : []),
    ...(tag === undefined
      ? []
      : programs.map((program) => ({ setting: "digests", image: programImage(platform, program, tag) }))),
  ];
}
