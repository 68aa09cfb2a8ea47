import { errorMessage } from "../common/error-message";
/** What the agent says of itself, for a container's health check: images without curl have nothing else to ask with. */
export async function askHealth({ host, port }: { host: string; port: number }): Promise<string[]> {
  // Where it listens on every address, it is asked on one.
  const address = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  try {
    const response = await fetch(`http://${address}:${port}/healthz`, { signal: AbortSignal.timeout(3_000) });
    const { missing = [] } = (await response.json()) as { missing?: string[] };
    return response.ok || missing.length > 0 ? missing : [`it answers with ${response.status}`];
  } catch (error) {
    return [`it does not answer: ${errorMessage(error)}`];
  }
}
