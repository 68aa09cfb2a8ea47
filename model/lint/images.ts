import { isPinned } from "../config/images";
import { type ClusterTopology, platformModel, programModel, programsOf, stackPlan } from "../topology";
import { type EnvironmentRule, type LintContext, pathText } from "./context";

/** What nodes run. */

const byTag: EnvironmentRule = {
  id: "image-by-tag",
  severity: "warning",
  title: "Images are named by tags, which may be moved",
  reason:
    "Official images are built anew under their tag whenever their base changes, and whoever may push to a registry moves any: a server that starts again runs what nobody has looked at. A digest is the same in every registry that an image was copied to.",
  fix: "name it by tag and digest, as crane digest prints it, or acknowledge it",
  check: (context) =>
    context.topology.clusters.flatMap((cluster) => {
      const named = imagesOf(context, cluster).filter(({ image }) => !isPinned(image));
      const settings = [...new Set(named.map(({ setting }) => setting))];
      return settings.map((setting) => ({
        at: pathText("clusters", cluster.name, "platform", "images", setting),
        message: `${named.flatMap((one) => (one.setting === setting ? [one.image] : [])).join(", ")}: no digest`,
      }));
    }),
};

/** Nodes do not look at the tag of an image that has a digest. */
const otherVersion: EnvironmentRule = {
  id: "image-of-other-version",
  severity: "error",
  title: "The servers' image is of another version than the environment",
  reason:
    "The configuration, the rules and the checks after a deployment are those of nats.version; the digest decides what runs, and stays when the version is raised.",
  fix: "name the image of nats.version by its digest, or set nats.version to the image's",
  check: (context) =>
    context.topology.clusters.flatMap((cluster) => {
      const { version } = context.topology.nats;
      const image = imagesOf(context, cluster).find(({ setting }) => setting === "nats")?.image ?? "";
      const tag = /:([\w.-]+)@/.exec(image)?.[1];
      if (tag === undefined || tag === version || tag.startsWith(`${version}-`)) return [];
      const at = pathText("clusters", cluster.name, "platform", "images", "nats");
      return [{ at, message: `the image is ${tag}; nats.version is ${version}` }];
    }),
};

function imagesOf({ topology }: LintContext, cluster: ClusterTopology) {
  const stack = stackPlan(topology).find((stack) => stack.cluster === cluster.name);
  const programs = stack ? programsOf(stack.family, "image") : [];
  const needed = programs.filter((name) => programModel(name).isNeeded({ topology, cluster }));
  return platformModel(cluster.platform).images(cluster.platform, topology.nats.version, needed);
}

export const imageRules: readonly EnvironmentRule[] = [byTag, otherVersion];
