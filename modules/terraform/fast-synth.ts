/**
 * cdktf records an unlimited stack trace for every token, of which nothing reaches the output. Without it the tree of
 * constructs is built several times faster. To be called before the first construct.
 */
export function skipStackTraces(): void {
  // Not an import: the function is replaced in the module that everything in cdktf takes it from.
  const traces = require("cdktf/lib/tokens/private/stack-trace") as { captureStackTrace: () => string[] };
  traces.captureStackTrace = () => [];
}
