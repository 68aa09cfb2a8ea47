import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMoto } from "../../cli/emulator/moto";

export type OpenMoto = Awaited<ReturnType<typeof startOpenMoto>>;

/** moto by itself, for clients that need a port. It takes any credentials. */
export async function startOpenMoto() {
  const folder = mkdtempSync(join(tmpdir(), "natsform-moto-"));
  const socket = join(folder, "moto");
  const moto = await startMoto(socket).catch((error) => {
    rmSync(folder, { recursive: true });
    throw error;
  });
  const server = createServer((client) => {
    const upstream = connect(socket);
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key: "test",
    stop: async () => {
      await moto.stop();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
