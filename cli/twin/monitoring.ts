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

export interface Varz {
  server_id: string;
  server_name: string;
  version: string;
  config_digest?: string;
  config_load_time?: string;
  connections: number;
  cluster?: { name: string };
  jetstream?: {
    config?: { sync_interval?: number; sync_always?: boolean };
    meta?: { leader?: string; cluster_size?: number };
  };
}

export interface Routez {
  num_routes: number;
  routes: { remote_name?: string; ip: string; port: number }[];
}

export interface Healthz {
  status: string;
  error?: string;
}

export interface Jsz {
  disabled?: boolean;
  meta_cluster?: {
    leader?: string;
    cluster_size: number;
    replicas?: { name: string; current: boolean; offline?: boolean }[];
  };
}
