import { createHash } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "fflate";
import type { ImageSettings } from "../../artifacts/image-settings";

interface Descriptor {
  mediaType: string;
  size: number;
  digest: string;
  platform?: { os: string; architecture: string };
}

interface Manifest {
  mediaType?: string;
  config: Descriptor;
  layers: Descriptor[];
}

interface ImageConfig {
  os: string;
  architecture: string;
  config?: { Env?: string[]; Labels?: Record<string, string>; Cmd?: string[] };
  rootfs: { type: string; diff_ids: string[] };
  history?: object[];
}

const ociManifest = "application/vnd.oci.image.manifest.v1+json";
const dockerLayer = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const ociLayer = "application/vnd.oci.image.layer.v1.tar+gzip";

/** An image in a folder with the OCI image layout. */
export class OciLayout {
  constructor(readonly folder: string) {}

  blob = (digest: string): string => join(this.folder, "blobs", ...digest.split(":"));
  #json = <T>(digest: string): T => JSON.parse(readFileSync(this.blob(digest), "utf8")) as T;

  /** @throws when the folder does not hold exactly one image */
  read(): { manifest: Manifest; config: ImageConfig } {
    const index = JSON.parse(readFileSync(join(this.folder, "index.json"), "utf8")) as { manifests: Descriptor[] };
    const [only, ...others] = index.manifests;
    if (!only || others.length > 0) throw new Error(`${index.manifests.length} images instead of one`);
    const manifest = this.#json<Manifest>(only.digest);
    return { manifest, config: this.#json<ImageConfig>(manifest.config.digest) };
  }

  /** @returns the descriptor of the bytes */
  #write(mediaType: string, bytes: Uint8Array): Descriptor {
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    writeFileSync(this.blob(digest), bytes);
    return { mediaType, size: bytes.length, digest };
  }

  /**
   * Adds a layer to the image of another layout, and writes the result here. The same base, layer and settings give the
   * same bytes.
   *
   * @param base absent: the image has this layer alone
   * @param layer a tar archive
   * @returns digest of the image
   */
  append(base: OciLayout | undefined, layer: Uint8Array, settings: ImageSettings): string {
    const { manifest, config } = base?.read() ?? emptyImage(settings.platform);
    mkdirSync(join(this.folder, "blobs/sha256"), { recursive: true });
    // Links, not copies: a base is tens of megabytes, and every program has the same.
    // An image may have the same layer twice.
    const layers = new Set(manifest.layers.map(({ digest }) => digest));
    for (const digest of layers) if (base) linkSync(base.blob(digest), this.blob(digest));

    const diffId = `sha256:${createHash("sha256").update(layer).digest("hex")}`;
    const isOci = (manifest.mediaType ?? ociManifest) === ociManifest;
    const added = this.#write(isOci ? ociLayer : dockerLayer, gzipSync(layer, { level: 9, mtime: 0 }));
    const described = this.#write(manifest.config.mediaType, encode(changedConfig(config, diffId, settings)));
    const whole = { ...manifest, config: described, layers: [...manifest.layers, added] };
    const image = this.#write(manifest.mediaType ?? ociManifest, encode(whole));

    const platform = { os: config.os, architecture: config.architecture };
    const index = { schemaVersion: 2, manifests: [{ ...image, platform }] };
    writeFileSync(join(this.folder, "index.json"), encode(index));
    writeFileSync(join(this.folder, "oci-layout"), encode({ imageLayoutVersion: "1.0.0" }));
    return image.digest;
  }
}

/** What an image without a base begins with. */
function emptyImage(platform: string): { manifest: Manifest; config: ImageConfig } {
  const [os = "", architecture = ""] = platform.split("/");
  const described = { mediaType: "application/vnd.oci.image.config.v1+json", size: 0, digest: "" };
  // `schemaVersion` is what every manifest begins with.
  const manifest = { schemaVersion: 2, mediaType: ociManifest, config: described, layers: [] };
  return { manifest, config: { os, architecture, rootfs: { type: "layers", diff_ids: [] } } };
}

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function changedConfig(base: ImageConfig, diffId: string, settings: ImageSettings): object {
  // The base's command would be an argument of the program.
  const { Env = [], Labels = {}, Cmd: _, ...kept } = base.config ?? {};
  const own = Object.keys(settings.env);
  return {
    ...base,
    config: {
      ...kept,
      User: settings.user,
      Entrypoint: settings.entrypoint,
      WorkingDir: settings.workingFolder,
      Env: [
        ...Env.filter((line) => !own.includes(line.split("=")[0] ?? "")),
        ...Object.entries(settings.env).map(([name, value]) => `${name}=${value}`),
      ],
      Labels: { ...Labels, ...settings.labels },
    },
    rootfs: { ...base.rootfs, diff_ids: [...base.rootfs.diff_ids, diffId] },
    history: [...(base.history ?? []), { created_by: "natsform images build" }],
  };
}
