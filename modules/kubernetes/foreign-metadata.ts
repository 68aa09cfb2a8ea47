import type { ProviderPlatform } from "../../model/topology";

/** Domains under which clouds and their tools write annotations and labels on objects that are not theirs. */
const clouds = [
  // GKE: network endpoint groups, Autopilot's adjustments, backends of an Ingress.
  "cloud.google.com",
  "gke.io",
  // Rancher: projects, public endpoints, who made what.
  "cattle.io",
  // OpenShift: ranges of users, projects.
  "openshift.io",
];

/**
 * Keys of annotations and labels that other tools write. Each apply would remove them, they would be written again, and
 * no plan would ever be empty. A key that natsform itself sets stays managed: the provider looks at the configuration
 * first. Anchored, since the provider takes a match anywhere in a key.
 */
export const foreignMetadata = ({ ignoredMetadata }: Pick<ProviderPlatform, "ignoredMetadata">): string[] =>
  [...new Set([...clouds, ...ignoredMetadata])].map((domain) => `^([^/]+\\.)?${domain.replaceAll(".", "\\.")}/`);

/**
 * Fields that a platform changes in the pods of a new Job. Terraform cannot change them in place: it would replace the
 * Job, which would run again at every deployment.
 */
export const changedInJobs = [
  "spec[0].template[0].metadata[0].annotations",
  "spec[0].template[0].spec[0].toleration",
  "spec[0].template[0].spec[0].container[0].resources",
];
