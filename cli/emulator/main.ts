import { join } from "node:path";
import { writeFileAtomically } from "../../artifacts/files";
import type { EmulatorAddress } from "../core/emulator-folder";
import { connectAws } from "./aws";
import { control } from "./control";
import { startDns } from "./dns";
import { Services } from "./ecs/services";
import { Tasks } from "./ecs/tasks";
import { type Parts, startEndpoint } from "./endpoint";
import { EventBus } from "./events/bus";
import { Faults } from "./faults";
import { Functions } from "./lambda/functions";
import { Invoker } from "./lambda/invoker";
import { startMoto } from "./moto";
import { startPebble } from "./pebble";
import { ScalingTags } from "./scaling-tags";

/**
 * The process of an emulated AWS: moto, a DNS server that answers from its zones, an ACME server that asks that one, and
 * the endpoint in front. All of it ends with this process.
 */
async function main(): Promise<void> {
  const { EMULATOR_FOLDER: folder = "", EMULATOR_BOOTSTRAP: bootstrap = "" } = process.env;
  const moto = await startMoto();
  await manualTaskStates(moto.url);
  const dns = await startDns({ zones: moto.url });
  const pebble = await startPebble({ dns: dns.address, folder: join(folder, "pebble") });

  const aws = connectAws(moto.url);
  const log = (line: string) => console.log(`${new Date().toISOString()} ${line}`);
  let parts: Parts | undefined;
  let bus: EventBus | undefined;
  const built = () => {
    if (!parts || !bus) throw new Error("asked before it was ready");
    return { parts, bus };
  };
  const { url, server } = await startEndpoint({
    moto: moto.url,
    parts: () => built().parts,
    control: (message, body) => control(message, body, built().parts, built().bus),
    log,
  });

  const functions = new Functions(join(folder, "functions"), aws);
  const invoker = new Invoker(aws, {
    bootstrap,
    endpoint: url,
    // The one thing that a deployed function is told otherwise: where the authority of public certificates is.
    overrides: {
      ACME_DIRECTORY_URL: pebble.directoryUrl,
      ACME_STAGING_DIRECTORY_URL: pebble.directoryUrl,
      NODE_EXTRA_CA_CERTS: pebble.caFile,
    },
    logs: join(folder, "logs"),
  });
  bus = new EventBus(aws, functions, invoker, log);
  const tasks = new Tasks(aws, bus);
  const services = new Services(aws, tasks, log);
  parts = { functions, invoker, services, tasks, faults: new Faults(), scalingTags: new ScalingTags() };

  const address: EmulatorAddress = { url, dns: dns.address, acmeRoot: await pebble.rootPem() };
  writeFileAtomically(join(folder, "emulator.json"), `${JSON.stringify(address, null, 2)}\n`);
  log(`ready at ${url}`);

  const stop = () => {
    services.stop();
    server.close();
    void Promise.all([moto.stop(), pebble.stop(), dns.stop()]).finally(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

/** moto would move a task towards its end each time it is looked at. */
async function manualTaskStates(url: string): Promise<void> {
  await fetch(`${url}/moto-api/state-manager/set-transition`, {
    method: "POST",
    body: JSON.stringify({ model_name: "ecs::task", transition: { progression: "manual", times: 1_000_000 } }),
  });
}

main().catch((error: Error) => {
  console.error(error.stack);
  process.exit(1);
});
