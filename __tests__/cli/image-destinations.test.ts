import { imageDestinations } from "../../cli/images/destinations";
import kubernetesProduction from "../../environments/kubernetes-production";
import type { EnvironmentInput } from "../../model/config";
import { mixedEnvironment, topologyOf } from "../support/mixed-environment";

test("images go to the registry that the platform names, and to ECR; those of a named tag go nowhere", () => {
  const placesOf = (input: EnvironmentInput) => imageDestinations(topologyOf(input));
  const places = placesOf(mixedEnvironment()).map(({ program, region, repository }) => [
    region ?? "",
    program,
    repository,
  ]);
  expect(places.filter(([region]) => region === "")).toEqual(
    ["auth-callout", "certificate-renewal", "streams", "backup"].map((program) => ["", program, `natsform/${program}`]),
  );
  expect(places).toContainEqual(["eu-west-1", "certificate-agent", "mixed/certificate-agent"]);
  const tagged = structuredClone(kubernetesProduction);
  const platform = tagged.clusters.nats?.platform;
  if (platform?.kind === "kubernetes") platform.images = { tag: "v7" };
  expect(placesOf(tagged)).toEqual([]);
});
