/** Ports of every server, wherever a platform gives it an address of its own. */
export const ports = { client: 4222, routes: 6222, leafnodes: 7422, monitoring: 8222, websocket: 443 } as const;
export type ListenerName = keyof typeof ports;
