import { DataKubernetesServiceV1 } from "@cdktf/provider-kubernetes/lib/data-kubernetes-service-v1";
import { conditional, Fn } from "cdktf";
import type { Construct } from "constructs";
import { type KubernetesPlatform, nodeCacheAddress } from "../../model/topology";

/**
 * The address of the Kubernetes cluster's DNS, as a network. Terraform looks it up; `undefined` when `dnsService` is
 * false. For a Service that does not exist, or has no address, it is a network that is allowed anyway: an empty list of
 * peers would allow everybody.
 */
export function dnsServiceNetwork(scope: Construct, { networkPolicies }: KubernetesPlatform): string | undefined {
  const { dnsService } = networkPolicies;
  if (dnsService === false) return undefined;
  const [namespace = "", name = ""] = dnsService.split("/");
  const service = new DataKubernetesServiceV1(scope, "dns-service", { metadata: { namespace, name } });
  return addressNetwork(service.spec.get(0).clusterIp);
}

/** An expression: the network that holds one address, or the one of the node's cache when that is none. */
export function addressNetwork(address: string): string {
  const network = Fn.format("%s/%d", [address, conditional(Fn.can(Fn.regex(":", address)), 128, 32)]);
  // Cut by no bits: a function that takes nothing but a network, where a format takes null for an answer.
  return Fn.try([Fn.cidrsubnet(network, 0, 0), `${nodeCacheAddress}/32`]);
}
