import { plantedIn } from "../planted";

/** The door for callers over HTTP: whose token counts, and what may wait for a reader. */
export const httpGateway = [
  ...plantedIn("runtime/http-gateway/tickets.ts", [
    ["a ticket is used again", 'if (this.#used.has(id)) return "used";', ""],
    [
      "a ticket counts once in each process",
      "home === this.props.home ? this.useUp(id, until) : await this.#asked(home, id, until)",
      "this.useUp(id, until)",
    ],
    [
      "whose giver is gone gets in",
      'throw new Problem("ticket-refused", error);\n    }\n  }\n\n  #open',
      'return "taken";\n    }\n  }\n\n  #open',
    ],
    ["a ticket lasts as long as its token", 'if (until <= now) throw new Problem("ticket-refused");', ""],
    [
      "a ticket opens every path",
      "decipher.setAAD(Buffer.from(path)).setAuthTag(tag);",
      'decipher.setAAD(Buffer.from("")).setAuthTag(tag);',
    ],
    ["used tickets are forgotten", "this.#used.set(id, until);", ""],
    [
      "used tickets are remembered without an end",
      "this.#used.size >= (this.props.most ?? MOST_USED)",
      "this.#used.size < 0",
    ],
    ["another spelling is another ticket", 'digest(Buffer.from(ticket, "base64url"))', "digest(ticket)"],
  ]),
  ...plantedIn("runtime/http-gateway/backlog.ts", [
    ["a reader who reads too slowly is never closed", "now - since <= BURST_MS", "since <= now"],
    ["what waits for a reader grows without an end", "before <= BURST_BYTES && ", ""],
    [
      "what waits for all readers grows without an end",
      "this.#all <= ALL_BURSTS_BYTES || before === 0",
      "this.#all >= 0",
    ],
    ["readers that are gone count as behind", "    this.#behind.delete(reader);\n", ""],
  ]),
  ...plantedIn("runtime/http-gateway/event-streams.ts", [
    ["readers that vanished while they were let in stay for ever", "if (response.destroyed) return;", ""],
  ]),
  ...plantedIn("runtime/client-events/read-events.ts", [
    [
      "a page's token is sent in clear over networks",
      'url.protocol !== "https:" && !(url.protocol === "http:" && isHere)',
      'url.protocol !== "https:" && url.protocol !== "http:"',
    ],
    [
      "a page that comes back has missed what came meanwhile",
      '...(state.lastId !== "" && { "last-event-id": state.lastId }),',
      "",
    ],
    ["a connection over which nothing comes is waited on for ever", "options.silenceMs ?? SILENCE_MS", "2 ** 31 - 1"],
    ["a refused token is sent again and again", "state.isRefused = true;", ""],
  ]),
  ...plantedIn("runtime/backlog/decide.ts", [
    ["what is not known is told as 0", "if (waiting === undefined) return [];", "waiting ??= 0;"],
    ["messages in hand do not wait", "return num_pending + num_ack_pending;", "return num_pending;"],
  ]),
  ...plantedIn("runtime/backlog/watch.ts", [
    [
      "what was counted once counts for ever",
      "this.#now() - known.at <= roundsThatCount * this.#props.everyMs",
      "true",
    ],
  ]),
  ...plantedIn("modules/aws/backlog.ts", [
    [
      "what counts may publish every metric",
      'Condition: { StringEquals: { "cloudwatch:namespace": BACKLOG_NAMESPACE } },',
      "",
    ],
  ]),
  ...plantedIn("modules/aws/fleet-service.ts", [["a service has no role of its own", "      role: own,\n", ""]]),
];
