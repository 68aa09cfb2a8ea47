/** Deeper than any token, shallow enough for everything that walks it. */
const MAX_DEPTH = 32;

/**
 * Parses a JSON object that means the same to every reader.
 *
 * `JSON.parse` takes the last of two equal keys where others take the first, and accepts lone surrogates and
 * `__proto__`. All of them are undefined here, and so is anything but an object.
 */
export function parseStrictObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    // ignoreBOM keeps a byte order mark, which JSON.parse then refuses.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && isUnambiguous(text) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Walks the brackets, strings and colons of text that is valid JSON. */
function isUnambiguous(text: string): boolean {
  const keysInScope: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(/[[{\]}]|"(?:[^"\\]|\\.)*"(\s*:)?/g)) {
    if (token === "[" || token === "{") keysInScope.push(new Set());
    else if (token === "]" || token === "}") keysInScope.pop();
    else {
      const content: string = JSON.parse(colon === undefined ? token : token.slice(0, -colon.length));
      if (/\p{Surrogate}/u.test(content)) return false;
      if (colon !== undefined && !addKey(keysInScope.at(-1), content)) return false;
    }
    if (keysInScope.length > MAX_DEPTH) return false;
  }
  return true;
}

function addKey(keys: Set<string> | undefined, key: string): boolean {
  if (keys === undefined || keys.has(key) || key === "__proto__") return false;
  keys.add(key);
  return true;
}
