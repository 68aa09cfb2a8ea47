import { printConf, quote, variable } from "../../../templates/nats-conf";

// What NATS's own parser makes of it is tried in __tests__/truth/conf-printer.test.ts, where there is Go.

test("no text ends its string: what stands in it never becomes configuration", () => {
  expect(quote('a" }\nport: 1 #\\')).toBe('"a\\" }\\nport: 1 #\\\\"');
  expect(quote("\u0001\u007f\t\r")).toBe('"\\x01\\x7f\\t\\r"');
});

test("a key that would hide what follows is refused", () => {
  for (const key of ["", "a\0b", `both " and '`])
    expect(() => printConf({ [key]: 1 })).toThrow(/cannot write this key/);
  expect(printConf({ "a b": 1, include: 2 })).toBe('"a b": 1\n"include": 2\n');
});

test("a variable is a whole name", () => {
  expect(variable("SERVER_NAME").text).toBe("$SERVER_NAME");
  for (const name of ["", "A1", "A }", "A\nport"]) expect(() => variable(name)).toThrow(/letters and underscores/);
});
