import { loopback } from "./ports";

/** Asks a server's monitoring port. Undefined when it does not answer within the time. */
export async function monitoring<T>(port: number, path: string, timeoutMs = 5000): Promise<T | undefined> {
  try {
    const response = await fetch(`http://${loopback}:${port}${path}`, { signal: AbortSignal.timeout(timeoutMs) });
    return (await response.json()) as T;
  } catch {
    return undefined;
  }
}
