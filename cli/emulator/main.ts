import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateFile, writeFileAtomically } from "../../artifacts/files";
import type { EmulatorAddress } from "../core/emulator-folder";
import { connectAws } from "./aws";
import { startDns } from "./dns";
import { route53Zones } from "./dns-zones";
import { startEndpoint } from "./endpoint";
import { type Moto, startMoto } from "./moto";
import { buildParts } from "./parts";
import { startPebble } from "./pebble";

/**
 * The process of an emulated AWS: moto, a DNS server that answers from moto's zones, an ACME server that queries the
 * DNS server, and the endpoint in front. All of it ends with this process.
 */
async function main(): Promise<void> {
  const { EMULATOR_FOLDER: folder = "", EMULATOR_BOOTSTRAP: bootstrap = "" } = process.env;
  const moto = await startMoto(join(makeSockets(folder), "moto"));
  await manualTaskStates(moto);
  const dns = await startDns({ zones: route53Zones(moto) });
  const pebble = await startPebble({ dns: dns.address, folder: join(folder, "pebble") });

  const aws = connectAws(moto);
  const log = (line: string) => console.log(`${new Date().toISOString()} ${line}`);
  // The only variables of a deployed function that differ: those of the ACME server.
  const overrides = {
    ACME_DIRECTORY_URL: pebble.directoryUrl,
    ACME_STAGING_DIRECTORY_URL: pebble.directoryUrl,
    NODE_EXTRA_CA_CERTS: pebble.caFile,
  };
  const key = randomBytes(32).toString("hex");
  const { url, server, parts } = await startEndpoint({ moto, key, log }, (endpoint) =>
    buildParts(aws, { folder, bootstrap, endpoint, key, overrides, log }),
  );

  const address: EmulatorAddress = { url, key, dns: dns.address, acmeRoot: await pebble.rootPem() };
  writeFileAtomically(join(folder, "emulator.json"), `${JSON.stringify(address, null, 2)}\n`, privateFile);
  log(`ready at ${url}`);

  const stop = () => {
    parts.services.stop();
    server.close();
    void Promise.all([moto.stop(), pebble.stop(), dns.stop()]).finally(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

/** A folder for sockets, which nobody else can enter; its path is short, and a link in the emulator's folder leads to it. */
function makeSockets(folder: string): string {
  const sockets = mkdtempSync(join(tmpdir(), "natsform-"));
  process.once("exit", () => rmSync(sockets, { recursive: true, force: true }));
  symlinkSync(sockets, join(folder, "sockets"));
  return sockets;
}

/** Stops moto from moving a task towards its end with each description. */
async function manualTaskStates({ url, fetch }: Moto): Promise<void> {
  await fetch(`${url}/moto-api/state-manager/set-transition`, {
    method: "POST",
    body: JSON.stringify({ model_name: "ecs::task", transition: { progression: "manual", times: 1_000_000 } }),
  });
}

main().catch((error: Error) => {
  console.error(error.stack);
  process.exit(1);
});
