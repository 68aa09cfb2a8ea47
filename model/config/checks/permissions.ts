import { type Check, dict, list } from "./raw";

export const conditions: Check = (env) =>
  list(dict(env.identity).permissions).flatMap((rule, i) =>
    list(dict(rule).when).flatMap((value, w) => {
      const condition = dict(value);
      const given = [condition.equals, condition.includes].filter((desired) => desired !== undefined);
      return given.length === 1 || condition.claim === undefined
        ? []
        : [
            {
              path: ["identity", "permissions", i, "when", w],
              got: value,
              message: "must have exactly one of equals and includes",
            },
          ];
    }),
  );
