/** A list of NATS servers that must not be dialled. */
export class ServersError extends Error {
  override readonly name = "ServersError";
}

/** Problems of a list of servers, one sentence for each; none when it is right. */
export function serverProblems(servers: string | readonly string[]): string[] {
  const list = serverList(servers);
  return list.length === 0 ? ["names no server: write tls://host:4222"] : list.flatMap(problem);
}

/**
 * The servers as `tls://host:port`, from a list or from comma-separated text.
 *
 * @throws ServersError naming every server that is not a plain `tls://` address
 */
export function parseServers(servers: string | readonly string[]): string[] {
  const problems = serverProblems(servers);
  if (problems.length > 0) throw new ServersError(problems.join("; "));
  return serverList(servers);
}

const serverList = (servers: string | readonly string[]): string[] =>
  (typeof servers === "string" ? servers.split(",") : servers)
    .map((server) => server.trim())
    .filter((server) => server !== "");

function problem(server: string): string[] {
  // The scheme is spliced because URL gives unknown schemes no host.
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(server)?.[1]?.toLowerCase();
  const address = server.replace(/^[^/]*:\/\//, "");
  if (address.includes("@")) return ["a server's address must not hold credentials: remove everything up to the @"];
  if (scheme !== "tls")
    return [`${server} ${scheme === undefined ? "has no scheme" : "would connect in clear"}: write tls://${address}`];
  if (!URL.canParse(`https://${address}`) || !/^[^/?#\s]+$/.test(address))
    return [`${server} is no server address: write tls://host:4222`];
  return [];
}
