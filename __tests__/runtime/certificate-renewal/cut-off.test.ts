import type { RenewedCertificate } from "../../../runtime/certificate-renewal/env";
import { renew } from "../../../runtime/certificate-renewal/renew";
import { createAuthority, issueCertificate, type KeyPairPem } from "../../../runtime/x509/authority";
import { splitPem } from "../../../runtime/x509/pem";

const minute = 60_000;
const day = 24 * 60 * minute;
const start = new Date("2026-11-21T00:00:00Z").getTime();
const silent = { info: () => undefined, warn: () => undefined };
const authorities = "nats-authorities";

const certificate = (issuer: string): RenewedCertificate => ({
  id: issuer,
  issuer,
  secret: `nats-${issuer}-tls`,
  mount: `pki-${issuer}`,
  role: "nats",
  names: ["nats-0.nats.svc"],
  usages: ["server", "client"],
  ttlSeconds: (30 * day) / 1000,
});
const certificates = [certificate("routes"), certificate("leafnodes")];

let old: KeyPairPem;
let fresh: KeyPairPem;
beforeAll(async () => {
  old = await createAuthority("old", 3650 * day, new Date(start));
  fresh = await createAuthority("fresh", 3650 * day, new Date(start));
});

/**
 * A cluster whose pods see a changed Secret after a minute, and whose servers read their files when they are asked to
 * reload; and Vault. Every step of a run counts, and a run can be cut off after any of them.
 */
function world() {
  let now = start;
  let stepsLeft = Number.POSITIVE_INFINITY;
  let signer = old;
  type Secrets = Record<string, Record<string, string>>;
  let secrets: Secrets = {};
  const history: { at: number; secrets: Secrets }[] = [];
  const loaded = ["", ""];
  const step = () => {
    if (stepsLeft-- <= 0) throw new Error("cut off");
  };
  const reload = (server: number) => {
    const seen = history.filter(({ at }) => at <= now - minute).at(-1)?.secrets ?? {};
    loaded[server] = seen[authorities]?.["routes.crt"] ?? "";
  };
  const trusts = (server: number, pem: string) => splitPem(loaded[server] ?? "").includes(splitPem(pem)[0] ?? "");
  const signed = () => secrets["nats-routes-tls"]?.["tls.crt"]?.includes(fresh.cert.trim()) ?? false;
  return {
    step,
    rollOver: () => {
      signer = fresh;
    },
    pass: (ms: number) => {
      now += ms;
    },
    signed,
    /** Servers that do not trust what stands in the Secret they would serve next. */
    strangers: () => (signed() ? loaded.flatMap((_, i) => (trusts(i, fresh.cert) ? [] : [i])) : []),
    restart: () => loaded.forEach((_, i) => void reload(i)),
    async run({ cutAfter = Number.POSITIVE_INFINITY, withServers = true } = {}): Promise<"done" | "cut off"> {
      stepsLeft = cutAfter;
      try {
        await renew({
          certificates,
          authoritiesSecret: authorities,
          vault: {
            authority: async () => signer.cert,
            async issue({ names, usages, ttlSeconds }) {
              step();
              const pair = await issueCertificate(signer, {
                names: { dns: names },
                usages,
                ttlMs: ttlSeconds * 1000,
                now: new Date(now),
              });
              return { ...pair, cert: `${pair.cert}${signer.cert}` };
            },
          },
          secrets: {
            read: async (name) => ({ ...secrets[name] }),
            async write(name, values) {
              step();
              secrets = { ...secrets, [name]: { ...secrets[name], ...values } };
              history.push({ at: now, secrets });
            },
          },
          ...(withServers && {
            async refusing() {
              for (const i of loaded.keys()) {
                step();
                reload(i);
              }
              return loaded.flatMap((_, i) => (trusts(i, signer.cert) ? [] : [`server ${i}`]));
            },
          }),
          now: new Date(now),
          log: silent,
        });
        return "done";
      } catch (error) {
        if (error instanceof Error && error.message === "cut off") return "cut off";
        throw error;
      }
    },
  };
}

/** A cluster that runs with certificates of the old authority, on the day on which Vault has another one. */
async function rolledOver() {
  const one = world();
  await one.run({ withServers: false });
  one.pass(5 * minute);
  one.restart();
  one.pass(day);
  one.rollOver();
  return one;
}

const steps = Array.from({ length: 14 }, (_, i) => i);

test.each(steps)(
  "a renewal that is cut off after step %i never has a server meet a signature that it does not know",
  async (cutAfter) => {
    const one = await rolledOver();
    // Kubernetes tries a Job that failed again at once, and then again; the next one comes six hours later.
    for (const [pause, cut] of [
      [0, cutAfter],
      [10_000, cutAfter],
      [20_000, Number.POSITIVE_INFINITY],
      [6 * 60 * minute, cutAfter],
      [10_000, Number.POSITIVE_INFINITY],
      [6 * 60 * minute, Number.POSITIVE_INFINITY],
      [6 * 60 * minute, Number.POSITIVE_INFINITY],
    ] as const) {
      one.pass(pause);
      await one.run({ cutAfter: cut });
      expect(one.strangers()).toEqual([]);
    }
    expect(one.signed()).toBe(true);
  },
);

test("a run that reaches no server signs with no other authority", async () => {
  const one = await rolledOver();
  for (let i = 0; i < 3; i++) {
    one.pass(6 * 60 * minute);
    await one.run({ withServers: false });
  }
  expect(one.signed()).toBe(false);
});
