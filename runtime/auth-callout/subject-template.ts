/** One token of a subject template: text as it is, or the claim that stands for exactly this token. */
export type TemplateToken = { text: string } | { claim: string };

/** Problem of a subject template; undefined when there is none. */
export function templateProblem(template: string): string | undefined {
  const tokens = splitTokens(template);
  if (/\s/.test(template)) return "must hold no spaces: NATS would read a queue group behind one";
  if (tokens.includes("")) return "must hold no empty token";
  if (tokens.slice(0, -1).includes(">")) return "must have > as its last token only";
  const bad = tokens.find((token) => !/^([^{}*>\p{Cc}]+|\*|>|\{[^{}]+\})$/u.test(token));
  if (bad !== undefined)
    return `must use wildcards and placeholders such as {sub} as whole tokens; got ${JSON.stringify(bad)}`;
  return undefined;
}

/** Returns whether a template has placeholders. */
export const hasPlaceholder = (template: string): boolean => template.includes("{");

/** The tokens of a template without a problem. */
export const parseTemplate = (template: string): TemplateToken[] =>
  splitTokens(template).map((token) => (hasPlaceholder(token) ? { claim: token.slice(1, -1) } : { text: token }));

/** Splits at the dots that stand outside braces: the path of a claim has dots of its own. */
const splitTokens = (template: string): string[] => template.split(/\.(?![^{}]*\})/);
