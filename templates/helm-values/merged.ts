type Values = Record<string, unknown>;
export const isMap = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** As Helm merges values: maps key by key, everything else as a whole, and what comes later wins. */
export function merged(values: Values, over: Values): Values {
  const result: Values = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  for (const [key, value] of Object.entries(result)) if (isMap(value)) result[key] = merged(value, {});
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isMap(below) && isMap(value) ? merged(below, value) : value;
  }
  return result;
}
