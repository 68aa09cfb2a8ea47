/** The tokens of a subject or template. A placeholder such as `{realm.id}` is one token: its dots are a claim's path. */
export const tokensOf = (subject: string): string[] => subject.split(/\.(?![^{}]*\})/);

/** True when some message matches both. `*` is exactly one token, `>` is one or more. */
export function overlaps(a: string, b: string): boolean {
  const left = tokensOf(a);
  const right = tokensOf(b);
  for (let i = 0; ; i++) {
    const l = left[i];
    const r = right[i];
    if (l === undefined || r === undefined) return l === r;
    if (l === ">" || r === ">") return true;
    if (l !== r && l !== "*" && r !== "*") return false;
  }
}

/** True when every message that matches `narrow` matches `wide` too. */
export function covers(wide: string, narrow: string): boolean {
  const outer = tokensOf(wide);
  const inner = tokensOf(narrow);
  for (let i = 0; ; i++) {
    const o = outer[i];
    const n = inner[i];
    if (o === undefined || n === undefined) return o === n;
    if (o === ">") return true;
    if (n === ">" || (o !== n && o !== "*")) return false;
  }
}

/**
 * A permission template as the widest subject it can become: a placeholder may be any token. The first token stays as
 * it is, since no encoded claim begins with `$` or equals `_INBOX`.
 */
export const widest = (template: string): string =>
  tokensOf(template)
    .map((token, i) => (i > 0 && token.startsWith("{") ? "*" : token))
    .join(".");
