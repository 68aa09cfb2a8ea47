import { join } from "node:path";
import { readIfThere } from "../../artifacts/files";

/** The part of a synthesized stack that has its resources: by type, and by name. */
interface Synthesized {
  resource?: Record<string, Record<string, Record<string, unknown>>>;
}

/**
 * Attributes of a stack's resources as it was synthesized with, by address. A plan does not know a document as a whole that
 * names what is not made yet; here only the name is open.
 *
 * @param folder of the stack; empty without one
 */
export function synthesizedAttributes(folder: string): Record<string, unknown> {
  const { resource = {} } = JSON.parse(readIfThere(join(folder, "cdk.tf.json")) ?? "{}") as Synthesized;
  return Object.fromEntries(
    Object.entries(resource).flatMap(([type, named]) =>
      Object.entries(named).map(([name, attributes]) => [`${type}.${name}`, attributes]),
    ),
  );
}
