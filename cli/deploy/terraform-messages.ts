import { z } from "zod";
import { UserError } from "../core/project";

/** Result and messages of a run of Terraform. */
export interface TerraformResult {
  code: number;
  /** Changes of a plan, without reads of data sources. */
  changes: { address: string; action: string }[];
  /** Names of outputs that get another value, of a plan. */
  outputs: string[];
  /** Number of resources created, changed and removed, of the last summary. */
  summary?: { add: number; change: number; remove: number };
  errors: string[];
  /** Resources whose operation was dropped half-way. */
  canceled: string[];
  /** Output that is not a JSON message: the text of commands without `-json`. */
  text: string;
  /** Standard error. */
  diagnostics: string;
}

const Message = z.looseObject({
  type: z.string(),
  change: z.object({ resource: z.object({ addr: z.string() }), action: z.string() }).optional(),
  hook: z
    .object({
      resource: z.object({ addr: z.string() }),
      action: z.string().optional(),
      elapsed_seconds: z.number().optional(),
    })
    .optional(),
  outputs: z.record(z.string(), z.object({ action: z.string().optional() })).optional(),
  changes: z.object({ add: z.number(), change: z.number(), remove: z.number() }).optional(),
  diagnostic: z
    .object({
      severity: z.string(),
      summary: z.string(),
      detail: z.string().optional(),
      address: z.string().optional(),
    })
    .optional(),
});

/** Collects the messages of `terraform -json`, one a line. */
export class Collected {
  readonly #result: Omit<TerraformResult, "code"> = {
    changes: [],
    outputs: [],
    errors: [],
    canceled: [],
    text: "",
    diagnostics: "",
  };

  constructor(private readonly progress: (text: string) => void) {}

  diagnostic(line: string): void {
    this.#result.diagnostics += `${line}\n`;
  }

  line(line: string): void {
    const message = parse(line);
    if (!message) {
      this.#result.text += `${line}\n`;
      return;
    }
    const { type, change, hook, changes, outputs, diagnostic } = message;
    if (type === "planned_change" && change && change.action !== "read")
      this.#result.changes.push({ address: change.resource.addr, action: change.action });
    if (type === "outputs")
      for (const [name, { action }] of Object.entries(outputs ?? {}))
        if (action !== undefined && action !== "noop") this.#result.outputs.push(name);
    if (type === "change_summary") this.#result.summary = changes;
    if (diagnostic?.severity === "error") {
      const { address, summary, detail } = diagnostic;
      if (address && /context canceled/.test(`${summary} ${detail}`)) this.#result.canceled.push(address);
      this.#result.errors.push([address, summary, detail?.trim()].filter(Boolean).join(": "));
    }
    if (type === "apply_start" && hook?.action !== "read") this.progress(`${hook?.action} ${hook?.resource.addr}`);
    if (type === "apply_progress") this.progress(`${hook?.action} ${hook?.resource.addr}: ${hook?.elapsed_seconds} s`);
  }

  result(code: number): TerraformResult {
    return { code, ...this.#result };
  }
}

function parse(line: string): z.output<typeof Message> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return Message.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Who holds the lock of a state, as it is written into the lock. */
export interface StateLock {
  id: string;
  /** `user@host`. */
  who: string;
  operation: string;
  /** UTC. */
  created: string;
}

/** The lock that Terraform did not get; `undefined` when it failed for another reason. */
export function lockIn(text: string): StateLock | undefined {
  if (!/Error acquiring the state lock/.test(text)) return undefined;
  const field = (name: string) => new RegExp(`^[\\s│]*${name}:[ \\t]+(.+?)[ \\t]*$`, "m").exec(text)?.[1];
  const id = field("ID");
  if (!id) return undefined;
  const operation = (field("Operation") ?? "?").replace(/^OperationType/, "").toLowerCase();
  return { id, who: field("Who") ?? "?", operation, created: field("Created") ?? "?" };
}

/** Another run works on the state, or was killed while it did. */
export class StateLocked extends UserError {
  constructor(
    stack: string,
    readonly lock: StateLock,
  ) {
    super(
      `${stack} is locked by ${lock.who}: ${lock.operation}, since ${lock.created}, lock ${lock.id}`,
      `wait until that has ended; if it was killed: --unlock ${lock.id}`,
    );
  }
}

/** @throws StateLocked where another run holds the state; UserError with Terraform's errors, when it failed otherwise */
export function refuseFailure(stack: string, { code, errors, text, diagnostics }: TerraformResult): void {
  if (code === 0) return;
  const said = [...errors, text, diagnostics].join("\n");
  const lock = lockIn(said);
  if (lock) throw new StateLocked(stack, lock);
  // Terraform finds them side by side, in another order each time.
  const lines = errors.length > 0 ? [...errors].sort() : `${text}${diagnostics}`.trim().split("\n").slice(-15);
  const details = lines.join("\n  ");
  throw new UserError(`${stack}: terraform ended with ${code}:\n  ${details}`);
}
