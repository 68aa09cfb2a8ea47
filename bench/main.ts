import { benchAttacks } from "./attacks";
import { benchBackup } from "./backup";
import { benchCallout } from "./callout";
import { benchClient } from "./client";
import { benchCommands } from "./commands";
import { benchDnsSync } from "./dns-sync";
import { benchHttpGateway } from "./http-gateway";
import { benchProfile } from "./profile";
import { benchReview } from "./review";
import { benchStorm } from "./storm";
import { benchSynthesis } from "./synthesis";
import { benchTwin } from "./twin";

/** One part of the bench: prints its figures, each beside the floor that was taken in the same run. */
const parts: Record<string, () => Promise<void>> = {
  commands: benchCommands,
  synthesis: benchSynthesis,
  review: benchReview,
  twin: benchTwin,
  callout: benchCallout,
  profile: benchProfile,
  attacks: benchAttacks,
  storm: benchStorm,
  backup: benchBackup,
  "dns-sync": benchDnsSync,
  client: benchClient,
  "http-gateway": benchHttpGateway,
};

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter((name) => !parts[name]);
  if (unknown.length > 0)
    throw new Error(`no such bench: ${unknown.join(", ")}; known: ${Object.keys(parts).join(", ")}`);
  for (const [name, part] of Object.entries(parts)) {
    if (chosen.length === 0 || chosen.includes(name)) await part();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
