import { Resolver } from "node:dns/promises";
import { connect } from "node:net";
import { decode, encode } from "dns-packet";
import { type Dns, startDns } from "../../cli/emulator/dns";
import type { DnsRecord, DnsZone } from "../../cli/emulator/dns-answer";
import { toRecords } from "../../cli/emulator/dns-zones";

const set = (Name: string, Type: "A" | "TXT" | "CNAME" | "NS" | "SOA" | "CAA", ...values: string[]): DnsRecord[] =>
  toRecords({ Name, Type, TTL: 60, ResourceRecords: values.map((Value) => ({ Value })) });
const zones: DnsZone[] = [
  {
    name: "dev.example.com",
    records: [
      ...set("dev.example.com.", "SOA", "ns1.example.net. hostmaster.example.com. 1 7200 900 1209600 300"),
      ...set("dev.example.com.", "NS", "ns1.example.net."),
      ...set("dev.example.com.", "CAA", '0 issue "letsencrypt.org"'),
      ...set("_acme-challenge.nats.dev.example.com.", "TXT", '"one"', '"t" "wo"'),
      ...set("\\052.apps.dev.example.com.", "A", "10.0.0.1"),
      ...set("own.apps.dev.example.com.", "TXT", '"quote \\" and \\101"'),
      ...set("alias.dev.example.com.", "CNAME", "any.apps.dev.example.com."),
      ...set("loop.dev.example.com.", "CNAME", "loop.dev.example.com."),
      ...set("away.dev.example.com.", "NS", "ns.elsewhere.net."),
      ...set(
        "long.dev.example.com.",
        "TXT",
        ...Array.from({ length: 20 }, (_, index) => `"${index}${"x".repeat(200)}"`),
      ),
    ],
  },
];

let dns: Dns;
let broken = false;
const resolver = new Resolver({ timeout: 10_000 });
beforeAll(async () => {
  dns = await startDns({
    zones: async () => {
      if (broken) throw new Error("away");
      return zones;
    },
  });
  resolver.setServers([dns.address]);
});
afterAll(() => dns.stop());

test("records are answered as Route 53 holds them, in any case of letters", async () => {
  expect(await resolver.resolveTxt("_acme-challenge.NATS.dev.example.com")).toEqual([["one"], ["t", "wo"]]);
  expect(await resolver.resolveTxt("own.apps.dev.example.com")).toEqual([['quote " and A']]);
  expect(await resolver.resolveSoa("dev.example.com")).toMatchObject({ nsname: "ns1.example.net", minttl: 300 });
  expect(await resolver.resolveCaa("dev.example.com")).toMatchObject([{ issue: "letsencrypt.org" }]);
});

test("wildcards stand for names that do not exist, and aliases are followed", async () => {
  expect(await resolver.resolve4("any.apps.dev.example.com")).toEqual(["10.0.0.1"]);
  expect(await resolver.resolve4("alias.dev.example.com")).toEqual(["10.0.0.1"]);
  await expect(resolver.resolve4("own.apps.dev.example.com")).rejects.toMatchObject({ code: "ENODATA" });
});

test("no such name, no such record, and not ours are three answers", async () => {
  await expect(resolver.resolve4("none.dev.example.com")).rejects.toMatchObject({ code: "ENOTFOUND" });
  // It has no records, but a name below it.
  await expect(resolver.resolve4("nats.dev.example.com")).rejects.toMatchObject({ code: "ENODATA" });
  await expect(resolver.resolve4("example.org")).rejects.toMatchObject({ code: "EREFUSED" });
  await expect(resolver.resolveMx("dev.example.com")).rejects.toMatchObject({ code: "EREFUSED" });
});

test("a loop of aliases ends, and a part that others serve is theirs", async () => {
  expect(await resolver.resolve4("loop.dev.example.com").catch(() => [])).toEqual([]);
  const answer = await overTcp("www.away.dev.example.com");
  expect(answer).toMatchObject({
    flag_aa: false,
    answers: [],
    authorities: [{ type: "NS", data: "ns.elsewhere.net" }],
  });
});

test("what is too long for a datagram is asked for again over TCP", async () => {
  expect(await resolver.resolveTxt("long.dev.example.com")).toHaveLength(20);
});

test("zones that cannot be read are no answer", async () => {
  broken = true;
  await expect(resolver.resolve4("dev.example.com")).rejects.toMatchObject({ code: "ESERVFAIL" });
  broken = false;
});

function overTcp(name: string): Promise<ReturnType<typeof decode>> {
  return new Promise((resolve, reject) => {
    const question = encode({ type: "query", id: 7, questions: [{ type: "A", name }] });
    const socket = connect(dns.port, "127.0.0.1", () => {
      socket.write(Buffer.concat([Buffer.of(question.length >> 8, question.length & 0xff), question]));
    });
    let bytes = Buffer.alloc(0);
    socket.on("error", reject).on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length < 2 || bytes.length < 2 + bytes.readUInt16BE(0)) return;
      socket.destroy();
      resolve(decode(bytes.subarray(2)));
    });
  });
}
