import { join } from "node:path";
import { writeFileAtomically } from "../../artifacts/files";
import type { EmulatorAddress } from "../core/emulator-folder";
import { connectAws } from "./aws";
import { startDns } from "./dns";
import { startEndpoint } from "./endpoint";
import { startMoto } from "./moto";
import { buildParts } from "./parts";
import { startPebble } from "./pebble";

/**
 * The process of an emulated AWS: moto, a DNS server that answers from moto's zones, an ACME server that queries the
 * DNS server, and the endpoint in front. All of it ends with this process.
 */
async function main(): Promise<void> {
  const { EMULATOR_FOLDER: folder = "", EMULATOR_BOOTSTRAP: bootstrap = "" } = process.env;
  const moto = await startMoto();
  await manualTaskStates(moto.url);
  const dns = await startDns({ zones: moto.url });
  const pebble = await startPebble({ dns: dns.address, folder: join(folder, "pebble") });

  const aws = connectAws(moto.url);
  const log = (line: string) => console.log(`${new Date().toISOString()} ${line}`);
  // The only variables of a deployed function that differ: those of the ACME server.
  const overrides = {
    ACME_DIRECTORY_URL: pebble.directoryUrl,
    ACME_STAGING_DIRECTORY_URL: pebble.directoryUrl,
    NODE_EXTRA_CA_CERTS: pebble.caFile,
  };
  const { url, server, parts } = await startEndpoint({ moto: moto.url, log }, (endpoint) =>
    buildParts(aws, { folder, bootstrap, endpoint, overrides, log }),
  );

  const address: EmulatorAddress = { url, dns: dns.address, acmeRoot: await pebble.rootPem() };
  writeFileAtomically(join(folder, "emulator.json"), `${JSON.stringify(address, null, 2)}\n`);
  log(`ready at ${url}`);

  const stop = () => {
    parts.services.stop();
    server.close();
    void Promise.all([moto.stop(), pebble.stop(), dns.stop()]).finally(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

/** Stops moto from moving a task towards its end with each description. */
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
