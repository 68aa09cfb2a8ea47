import { errorMessage } from "../common/error-message";
/** Problems that the agent reports, for a container's health check: images without curl have no other client. */
export async function fetchHealth({ host, port }: { host: string; port: number }): Promise<string[]> {
  // An agent that listens on every address is reached on one.
  const address = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  try {
    const response = await fetch(`http://${address}:${port}/healthz`, { signal: AbortSignal.timeout(3_000) });
    const { missing = [] } = (await response.json()) as { missing?: string[] };
    return response.ok || missing.length > 0 ? missing : [`it answers with ${response.status}`];
  } catch (error) {
    return [`it does not answer: ${errorMessage(error)}`];
  }
}
