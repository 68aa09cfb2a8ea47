import { encodeIdentity, IdentityError } from "../client/identity";
import { covers } from "../subjects/spec";
import { Problem } from "./problems";
import type { Route } from "./spec";

/** From the path of a request to a route, and from the route to a subject. */

/** Values of a path's parameters, decoded. */
export type Parameters = Readonly<Record<string, string>>;

interface Compiled {
  route: Route;
  segments: readonly string[];
}

const isParameter = (segment: string) => segment.startsWith("{");

/** Values of parameters that are taken, decoded, for the document of the interface. Bytes, which it cannot count, are 255 at most. */
export const PARAMETER_PATTERN = String.raw`^(?!\.{1,2}$)[^\u0000-\u001f\u007f-\u009f]+$`;

/** Raw paths of a route. */
export const pathPattern = (path: string): string => {
  const segments = path
    .split("/")
    .map((segment) => (isParameter(segment) ? RAW_SEGMENT : segment.replace(/[.*+?()[\]\\^$|]/g, "\\$&")));
  return `^${segments.join("/")}$`;
};
const RAW_SEGMENT = String.raw`(?!(?:\.|%2E){1,2}(?:/|$))(?:[A-Za-z0-9._~-]|%(?:[2-6][0-9A-F]|7[0-9A-E]))+`;

/**
 * The segments of a raw path, each decoded once: what is encoded in a segment, a slash or a dot, stays in it.
 *
 * @throws Problem for what is no UTF-8, and for segments that proxies resolve or cut: `.`, `..` and control characters
 */
export function segmentsOf(rawPath: string): string[] {
  if (!rawPath.startsWith("/")) throw new Problem("bad-path");
  const raw = rawPath === "/" ? [] : rawPath.slice(1).split("/");
  return raw.map((segment) => {
    const text = decoded(segment);
    if (text === undefined || text === "." || text === ".." || /\p{Cc}/u.test(text)) throw new Problem("bad-path");
    return text;
  });
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

export type Found = { route: Route; parameters: Parameters } | { methods: string[] };

/** Finds the route of a request. */
export class Router {
  readonly #routes: readonly Compiled[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({
      route,
      segments: route.path === "/" ? [] : route.path.slice(1).split("/"),
    }));
  }

  /**
   * @param methods of the path, where it does not take this one
   * @throws Problem when no path is like this one
   */
  find(method: string, rawPath: string): Found {
    const given = segmentsOf(rawPath);
    const matching = this.#routes.flatMap(({ route, segments }) => {
      const parameters = match(segments, given);
      return parameters ? [{ route, parameters }] : [];
    });
    const found = matching.find(({ route }) => route.method === method);
    if (found) return found;
    if (matching.length === 0) throw new Problem("unknown-path");
    return { methods: matching.map(({ route }) => route.method) };
  }
}

function match(segments: readonly string[], given: readonly string[]): Parameters | undefined {
  if (segments.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [i, segment] of segments.entries()) {
    const text = given[i] ?? "";
    if (!isParameter(segment)) {
      if (segment !== text) return undefined;
    } else if (text === "") return undefined;
    else parameters[segment.slice(1, -1)] = text;
  }
  return parameters;
}

/** The subjects that a route's subject may become. */
export const patternOf = (subject: string): string =>
  subject
    .split(".")
    .map((token) => (isParameter(token) ? "*" : token))
    .join(".");

/**
 * The subject of a request: each parameter is one token of it, in the encoding of identities, which has neither dots nor
 * wildcards.
 *
 * @throws Problem for a parameter without an encoding
 */
export function subjectOf(template: string, parameters: Parameters, sub: string): string {
  const tokens = template.split(".").map((token) => {
    if (!isParameter(token)) return token;
    const name = token.slice(1, -1);
    return encoded(name === "sub" ? sub : (parameters[name] ?? ""));
  });
  const subject = tokens.join(".");
  // What encoding promises is looked at once more where it counts.
  if (!covers(patternOf(template), subject)) throw new Problem("bad-path");
  return subject;
}

function encoded(value: string): string {
  try {
    return encodeIdentity(value);
  } catch (error) {
    if (error instanceof IdentityError) throw new Problem("bad-path", error);
    throw error;
  }
}
