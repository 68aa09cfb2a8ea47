import { type AddressInfo, createServer, type Server } from "node:net";
import { TLSSocket } from "node:tls";
import { trustWatch } from "../../../runtime/common/lost-trust";
import { createAuthority, issueCertificate, type KeyPairPem } from "../../../runtime/x509/authority";

const day = 86_400_000;
const now = new Date();
let old: KeyPairPem;
let fresh: KeyPairPem;
beforeAll(async () => {
  old = await createAuthority("old", 10 * day, now);
  fresh = await createAuthority("fresh", 10 * day, now);
});

/** A listener that begins as a client port of nats-server does, and whose certificate can be changed. */
class Listener {
  pair?: KeyPairPem;
  readonly #server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write("INFO {}\r\n");
    const { cert, key } = this.pair as KeyPairPem;
    new TLSSocket(socket, { isServer: true, cert, key }).on("error", () => undefined);
  });
  async serve(signer: KeyPairPem, from = now): Promise<void> {
    const names = { dns: ["localhost"], addresses: ["127.0.0.1"] };
    this.pair = await issueCertificate(signer, { names, usages: ["server"], ttlMs: day, now: from });
  }
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `tls://localhost:${(this.#server.address() as AddressInfo).port}`;
  }
  stop = () => new Promise((resolve) => this.#server.close(resolve));
}

const listeners = [new Listener(), new Listener()] as const;
afterEach(() => Promise.all(listeners.map((one) => one.stop())));

test("a server that was trusted and serves what another authority signed is lost; with that one in place it is not", async () => {
  for (const one of listeners) await one.serve(old);
  const [first, second] = await Promise.all(listeners.map((one) => one.start()));
  let authorities = old.cert;
  const watch = trustWatch([first ?? "", second ?? ""], () => authorities);
  expect(await watch.lost()).toEqual([]);
  await listeners[0].serve(fresh);
  expect(await watch.lost()).toEqual([first]);
  authorities = `${fresh.cert}${old.cert}`;
  expect(await watch.lost()).toEqual([]);
});

test("one that never was trusted is not lost, nor is one that ended, or that does not answer: starting again would not help", async () => {
  await listeners[0].serve(fresh);
  await listeners[1].serve(old);
  const [stranger, known] = await Promise.all(listeners.map((one) => one.start()));
  const watch = trustWatch(`${stranger},${known},tls://localhost:1`, () => old.cert);
  expect(await watch.lost()).toEqual([]);
  await listeners[1].serve(old, new Date(now.getTime() - 3 * day));
  expect(await watch.lost()).toEqual([]);
});
