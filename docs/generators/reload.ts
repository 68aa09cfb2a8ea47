import { reloadMatrix } from "../../model/change";
import { testedReleases } from "../../model/config/server-releases";

/** docs/reference/reload.md: what servers do with a change of each key. */
export function reloadReference(): string {
  const rows = Object.entries(reloadMatrix).map(([key, verdict]) =>
    verdict === "reload" ? `| \`${key}\` | reload | |` : `| \`${key}\` | restart | ${verdict} |`,
  );
  return `# What running servers do with a changed key

Made from \`model/change/reload-matrix.ts\`, which \`make server-version\` measures on nats-server ${testedReleases.join(" and ")}:
the key is changed in a running server's configuration, the server is sent SIGHUP, and what it then says and shows is read
back. A test measures all of it again.

One key that a server refuses makes it refuse the whole reload, renewed certificates included. So a reload is only what every
release takes over and shows; everything else is a restart, also what a server says that it takes over and nothing shows. A
key that does not stand here was never measured: that is a restart which somebody has to acknowledge.

| key, with everything below it | on a change | why not a reload |
| --- | --- | --- |
${rows.join("\n")}
`;
}
