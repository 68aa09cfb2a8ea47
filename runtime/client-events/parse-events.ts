/** Server-sent events, from chunks of text as they come over the wire. */

export interface StreamEvent {
  /** `message` where the stream does not say; the HTTP gateway says `gap` and `reset`. */
  event: string;
  /** Of the last event that had one. A reader that begins anew after it misses nothing. */
  id: string;
  data: string;
}

export class EventParser {
  /** Milliseconds after which to come back, where the stream said so. */
  retryMs?: number;
  #rest = "";
  #isFirst = true;
  #data: string[] = [];
  #event = "";

  /** @param id of the last event that was read */
  constructor(private id = "") {}

  /** Events that are complete with this chunk. An incomplete one at the end of a stream is none. */
  push(chunk: string): StreamEvent[] {
    let text = this.#rest + chunk;
    if (this.#isFirst && text !== "") {
      this.#isFirst = false;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    // A line feed after it may be the beginning of the next chunk.
    const end = text.endsWith("\r") ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\r|\n/);
    this.#rest = (lines.pop() ?? "") + text.slice(end);
    return lines.flatMap((line) => this.#line(line) ?? []);
  }

  #line(line: string): StreamEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.id = value;
    else if (field === "retry" && /^\d{1,9}$/.test(value)) this.retryMs = Number(value);
    return undefined;
  }

  #dispatch(): StreamEvent | undefined {
    const [data, event] = [this.#data, this.#event];
    [this.#data, this.#event] = [[], ""];
    return data.length === 0 ? undefined : { event: event || "message", id: this.id, data: data.join("\n") };
  }
}
