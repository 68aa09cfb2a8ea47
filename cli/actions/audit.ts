import { counted } from "../core/counted";
import { commandHost } from "../core/hosts";
import { print, printJson } from "../core/output";
import { type Audited, auditTwin } from "../twin/audit";
import { readRate } from "./rate";

interface Options {
  stream?: string[];
  rate: string;
  json?: boolean;
}

const exitCodes = { agree: 0, differ: 1, incomplete: 2 } as const satisfies Record<Audited["verdict"], number>;

/** `natsform audit`: do the replicas of each stream hold the same? */
export async function audit(name: string, options: Options): Promise<void> {
  const bytesPerSecond = readRate(options.rate);
  const audited = await auditTwin(name, { streams: options.stream, bytesPerSecond }, commandHost(options));
  process.exitCode = exitCodes[audited.verdict];
  if (options.json) printJson(audited);
  else print(`\n${name}: ${closing(audited)}`);
}

function closing({ streams }: Audited): string {
  const of = (verdict: string) => streams.filter((stream) => stream.verdict === verdict).length;
  const parts = [
    `${counted(of("agree"), "stream")} of ${streams.length} the same on all servers`,
    ...(of("differ") > 0 ? [`${of("differ")} DIFFERENT`] : []),
    ...(of("single") > 0 ? [`${of("single")} in one copy`] : []),
    ...(of("not compared") > 0 ? [`${of("not compared")} not compared`] : []),
  ];
  return parts.join(", ");
}
