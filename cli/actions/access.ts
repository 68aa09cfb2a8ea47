import { loadTrust, trustFile } from "../../model/config/load";
import { doesOf } from "../../model/topology";
import { accessBySubject, holdersOf, sharedBetween } from "../core/access-list";
import { openEnvironment } from "../core/environment";
import { print, printJson, table } from "../core/output";

export async function access(name: string, { json }: { json?: boolean }): Promise<void> {
  const { root, environment, topology } = await openEnvironment(name);
  const holders = holdersOf(topology, loadTrust(trustFile(name, root), root));
  const subjects = accessBySubject(holders);
  const shared = sharedBetween(topology);
  const services = Object.entries(environment.identity.services).map(([service, value]) => {
    return { service, does: doesOf(service, value, environment) };
  });
  if (json) {
    printJson({ environment: name, holders, services, subjects, shared });
    return;
  }
  print(table([["WHO", "ACCOUNT", "COMES AS"], ...holders.map((one) => [one.name, one.account, one.doors])]));
  if (services.length > 0) {
    const cells = services.map(({ service, does }) => [service, does.join("; ") || "nothing"]);
    print(`\n${table([["SERVICE", "WHAT IT DOES"], ...cells])}`);
  }
  for (const account of new Set(subjects.map((one) => one.account))) {
    const own = subjects.filter((one) => one.account === account);
    const cells = own.map(({ subject, publish, subscribe }) => [subject, list(publish), list(subscribe)]);
    print(`\naccount ${account}\n\n${table([["SUBJECT", "MAY PUBLISH", "MAY SUBSCRIBE"], ...cells])}`);
  }
  if (shared.length === 0) return;
  const cells = shared.map(({ account, subject, kind, by, as }) => [account, subject, verbs[kind], `${by}, as ${as}`]);
  print(`\nbetween accounts\n\n${table([["ACCOUNT", "SUBJECT", "IS", "BY"], ...cells])}`);
}

const verbs = { service: "asked", stream: "heard" };
const list = (names: readonly string[]) => (names.length === 0 ? "-" : names.join("; "));
