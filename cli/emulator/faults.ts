import { type Answer, jsonAnswer } from "./proxy";
import type { AwsRequest } from "./request";

/** A fault that the next requests of one kind meet. */
export interface Fault {
  service: string;
  /** Without one, every action of the service. */
  action?: string;
  kind: "throttle" | "error" | "reset";
  /** Number of requests that meet it; without one, all until it is cleared. */
  count?: number;
}

type Answered = Exclude<Fault["kind"], "reset">;

/** Faults that are to be injected between programs and the emulated AWS: moto itself never fails. */
export class Faults {
  #faults: Fault[] = [];
  #met = 0;

  add(fault: Fault): void {
    this.#faults.push({ ...fault });
  }

  clear(): void {
    this.#faults = [];
    this.#met = 0;
  }

  /** Requests that met one since the last `clear`. */
  get met(): number {
    return this.#met;
  }

  /** The answer that this request gets instead of moto's; `reset` means that its connection is cut. */
  meet({ service, action }: AwsRequest): Answer | "reset" | undefined {
    const fault = this.#faults.find(
      (fault) => fault.service === service && (fault.action === undefined || fault.action === action),
    );
    if (!fault) return undefined;
    this.#met++;
    if (fault.count !== undefined && --fault.count <= 0) this.#faults = this.#faults.filter((other) => other !== fault);
    if (fault.kind === "reset") return "reset";
    if (service === "ec2") return ec2Fault(fault.kind);
    return inXml.has(service) ? xmlFault(fault.kind) : jsonFault(fault.kind);
  }
}

const inXml = new Set(["route53", "s3", "sts", "iam"]);

function xmlFault(kind: Answered): Answer {
  const [status, code] = kind === "throttle" ? [400, "Throttling"] : [500, "InternalError"];
  const type = kind === "throttle" ? "Sender" : "Receiver";
  return xml(
    status,
    `<ErrorResponse><Error><Type>${type}</Type><Code>${code}</Code><Message>emulated fault</Message></Error><RequestId>emulated</RequestId></ErrorResponse>`,
  );
}

function ec2Fault(kind: Answered): Answer {
  const [status, code] = kind === "throttle" ? [503, "RequestLimitExceeded"] : [500, "InternalError"];
  return xml(
    status,
    `<Response><Errors><Error><Code>${code}</Code><Message>emulated fault</Message></Error></Errors><RequestID>emulated</RequestID></Response>`,
  );
}

function xml(status: number, text: string): Answer {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${text}`);
  return { status, headers: { "content-type": "text/xml", "content-length": body.length }, body };
}

const jsonFault = (kind: Answered) =>
  kind === "throttle"
    ? jsonAnswer(400, { __type: "ThrottlingException", message: "Rate exceeded" })
    : jsonAnswer(500, { __type: "ServerException", message: "emulated fault" });
