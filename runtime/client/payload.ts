import { isUtf8 } from "node:buffer";
import { InvalidMessageError, SchemaError, type SchemaIssue } from "./errors";

/**
 * A schema of any library that implements Standard Schema: zod, valibot, arktype and others.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}
/** What is used of a schema, whatever it takes. */
type Validating<Output> = {
  readonly "~standard": { readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>> };
};
type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[];
    };

/** What can be sent without a schema: bytes and text as they are, nothing, or a value as JSON. */
export type Payload = unknown;

const EMPTY = new Uint8Array(0);

/**
 * Bytes of a payload: bytes and text as they are, anything else as JSON.
 *
 * @throws InvalidMessageError for what JSON does not know, such as a BigInt or a circle
 */
export function encodePayload(value: Payload): Uint8Array {
  if (value === undefined) return EMPTY;
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return Buffer.from(value);
  return encodeJson(value);
}

/** Bytes of a value as JSON, text included. @throws InvalidMessageError */
export function encodeJson(value: unknown): Uint8Array {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new InvalidMessageError(`the payload is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (text === undefined) throw new InvalidMessageError("the payload is no JSON: a function or a symbol");
  return Buffer.from(text);
}

/** The value of JSON bytes; undefined when there are none. @throws SchemaError for anything but JSON in UTF-8 */
export function decodeJson(data: Uint8Array, subject: string, what: SchemaError["what"]): unknown {
  if (data.length === 0) return undefined;
  try {
    // Two of node's own functions: a TextDecoder takes several times as long for what is as short as most messages.
    if (isUtf8(data)) return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.length).toString());
  } catch {
    // The parser's message would quote the payload.
  }
  throw new SchemaError(subject, what, [{ path: "", message: "it is not JSON in UTF-8" }]);
}

/**
 * The value as the schema gives it. A promise only where the schema gives one: most do not, and waiting costs a turn.
 *
 * @throws SchemaError
 */
export function validated<Output>(
  schema: Validating<Output>,
  value: unknown,
  subject: string,
  what: SchemaError["what"],
): Output | Promise<Output> {
  const result = schema["~standard"].validate(value);
  const read = (checked: SchemaResult<Output>): Output => {
    if (checked.issues) throw new SchemaError(subject, what, checked.issues.map(issueOf));
    return checked.value;
  };
  return result instanceof Promise ? result.then(read) : read(result);
}

type Issue = { message: string; path?: readonly (PropertyKey | { readonly key: PropertyKey })[] };
const issueOf = ({ message, path = [] }: Issue): SchemaIssue => ({
  path: path.map((part) => String(typeof part === "object" ? part.key : part)).join("."),
  message,
});
