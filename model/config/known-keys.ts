import { distance } from "fastest-levenshtein";
import { z } from "zod";

/** The schema inside of defaults, optionals and transforms. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodPipe) return unwrap(schema.in);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return unwrap(schema.unwrap());
  }
  return schema;
}

/** The member of a union that the value means by its discriminator; the first one when it names none. */
function memberOf(union: z.ZodDiscriminatedUnion, value: unknown): z.core.$ZodType | undefined {
  const key = union.def.discriminator;
  const desired = valueAt(value, [key]);
  return union.options.find((option) => {
    const literal = option instanceof z.ZodObject ? option.shape[key] : undefined;
    return literal instanceof z.ZodLiteral && literal.values.has(desired as string);
  });
}

/** The schema at `path` of this input; unions along the path are decided by the input. */
export function schemaAt(
  root: z.core.$ZodType,
  path: readonly PropertyKey[],
  input: unknown,
): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = unwrap(root);
  let value = input;
  for (const part of path) {
    if (schema instanceof z.ZodDiscriminatedUnion) schema = memberOf(schema, value);
    if (schema instanceof z.ZodObject) schema = schema.shape[part as string] && unwrap(schema.shape[part as string]);
    else if (schema instanceof z.ZodRecord) schema = unwrap(schema.valueType);
    else if (schema instanceof z.ZodArray) schema = unwrap(schema.element);
    else return undefined;
    value = valueAt(value, [part]);
  }
  return schema;
}

/** The value at `path` of a value that is not validated yet. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    input,
  );
}

/** Keys that the schema knows at `path` of this input. Empty where any key is accepted. */
export function knownKeys(root: z.core.$ZodType, path: readonly PropertyKey[], input: unknown): string[] {
  let schema = schemaAt(root, path, input);
  if (schema instanceof z.ZodDiscriminatedUnion) schema = memberOf(schema, valueAt(input, path));
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** Values by which the union at `path` distinguishes its members. Empty where there is no union. */
export function knownKinds(root: z.core.$ZodType, path: readonly PropertyKey[], input: unknown): string[] {
  const union = schemaAt(root, path, input);
  if (!(union instanceof z.ZodDiscriminatedUnion)) return [];
  return union.options.flatMap((option) => {
    const literal = option instanceof z.ZodObject ? option.shape[union.def.discriminator] : undefined;
    return literal instanceof z.ZodLiteral ? [...literal.values].map(String) : [];
  });
}

/** The known word nearest to the written one, when it is near enough to be a typing error. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  const lower = written.toLowerCase();
  let best: { word: string; far: number } | undefined;
  for (const word of known) {
    const far = distance(lower, word.toLowerCase());
    if (!best || far < best.far) best = { word, far };
  }
  return best && best.far <= Math.max(2, Math.floor(written.length / 3)) ? best.word : undefined;
}
