import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket as Stream } from "node:net";
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  type DecodedPacket,
  decode,
  encode,
  type Packet,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from "dns-packet";
import { answer, type DnsZone } from "./dns-answer";

export interface DnsProps {
  /** Zones as they are now; read for each question. */
  zones(): Promise<DnsZone[]>;
}

/** A DNS server on 127.0.0.1, over UDP and TCP on one port. */
export interface Dns {
  /** `127.0.0.1:<port>` */
  address: string;
  port: number;
  stop(): Promise<void>;
}

const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
/** Bytes of a datagram, unless the question allows more. */
const plainDatagram = 512;

/** Starts the server; when it resolves, questions are answered. */
export async function startDns({ zones }: DnsProps): Promise<Dns> {
  // The first read takes longest, and pebble waits two seconds: so it is done before any question comes.
  await zones().catch(() => undefined);
  const { udp, tcp, port } = await bind();
  const streams = new Set<Stream>();

  udp.on("message", (message, { port: from, address }) => {
    void reply(zones, message).then((response) => {
      if (response) udp.send(fitted(response, message), from, address, () => undefined);
    });
  });
  // A datagram to a client that is gone comes back as an error of the socket.
  udp.on("error", () => undefined);
  tcp.on("connection", (stream) => {
    streams.add(stream);
    stream.on("close", () => streams.delete(stream)).on("error", () => stream.destroy());
    onMessages(stream, async (message) => {
      const response = await reply(zones, message);
      if (response) stream.write(withLength(encode(response)));
    });
  });

  return {
    address: `127.0.0.1:${port}`,
    port,
    stop: async () => {
      for (const stream of streams) stream.destroy();
      await Promise.all([new Promise<void>((closed) => udp.close(closed)), new Promise((closed) => tcp.close(closed))]);
    },
  };
}

/** One port for both; a port that is free for one may be taken for the other. */
async function bind(): Promise<{ udp: Socket; tcp: Server; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const tcp = createServer().listen(0, "127.0.0.1");
    await once(tcp, "listening");
    const { port } = tcp.address() as AddressInfo;
    const udp = createSocket("udp4");
    try {
      udp.bind(port, "127.0.0.1");
      await once(udp, "listening");
      return { udp, tcp, port };
    } catch (error) {
      tcp.close();
      udp.close();
      if (attempt === 20) throw error;
    }
  }
}

async function reply(zones: () => Promise<DnsZone[]>, message: Buffer): Promise<Packet | undefined> {
  const query = parse(message);
  // Without an id no reply is possible, and a reply to a reply would never end.
  if (message.length < 12 || query?.type === "response") return undefined;
  const [question] = query?.questions ?? [];
  const base = { type: "response", id: message.readUInt16BE(0) } as const;
  if (!query || !question) return { ...base, flags: rcodes.FORMERR };

  const edns = query.additionals?.find(({ type }) => type === "OPT");
  const additionals: Answer[] = edns ? [{ ...emptyOpt }] : [];
  const flags = (query.flag_rd ? RECURSION_DESIRED : 0) as number;
  const about = { ...base, questions: [question], additionals };
  if ((query as { opcode?: string }).opcode !== "QUERY" || question.class !== "IN")
    return { ...about, flags: flags | rcodes.REFUSED };
  try {
    const { rcode, authoritative, answers, authorities } = answer(await zones(), question);
    return {
      ...about,
      flags: flags | (authoritative ? AUTHORITATIVE_ANSWER : 0) | rcodes[rcode],
      answers,
      authorities,
    };
  } catch {
    // The source of the zones does not answer: the resolver may ask again.
    return { ...about, flags: flags | rcodes.SERVFAIL };
  }
}

const emptyOpt = {
  type: "OPT" as const,
  name: ".",
  udpPayloadSize: 4096,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

function parse(message: Buffer): DecodedPacket | undefined {
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}

/** The response as a datagram; a too long one is marked as truncated, and the client asks again over TCP. */
function fitted(response: Packet, message: Buffer): Buffer {
  const bytes = encode(response);
  const edns = parse(message)?.additionals?.find(({ type }) => type === "OPT");
  const room = edns?.type === "OPT" ? Math.max(edns.udpPayloadSize, plainDatagram) : plainDatagram;
  if (bytes.length <= room) return bytes;
  return encode({ ...response, flags: (response.flags ?? 0) | TRUNCATED_RESPONSE, answers: [], authorities: [] });
}

const withLength = (bytes: Buffer) => Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);

/** Calls `handle` for each message of a stream. Each is preceded by its length in two bytes. */
function onMessages(stream: Stream, handle: (message: Buffer) => Promise<void>): void {
  let rest = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      void handle(rest.subarray(2, end));
      rest = rest.subarray(end);
    }
  });
}
