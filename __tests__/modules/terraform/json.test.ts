import { Token } from "cdktf";
import fc from "fast-check";
import { escapeTemplate, json } from "../../../modules/terraform/json";

const token = "$" + "{aws_vpc.main.id}";
/** What Terraform makes of a text without expressions. */
const evaluated = (text: string) => text.replace(/([$%])\1\{/g, "$1{");

test("any data comes back as it was, once Terraform has read it", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("$" + "{x}", "%{ if }", "$$" + "{", '"', "\\", "$"),
  );
  fc.assert(
    fc.property(
      fc.dictionary(text, fc.oneof(text, fc.integer(), fc.array(text), fc.boolean(), fc.constant(null))),
      (value) => {
        expect(JSON.parse(evaluated(json(value)))).toEqual(JSON.parse(JSON.stringify(value)));
      },
    ),
  );
});

test("an expression in the data is text, a token is an expression", () => {
  expect(json({ a: "$" + '{file("/etc/passwd")}' })).toBe('{"a":"$$' + '{file(\\"/etc/passwd\\")}"}');
  const of = Token.asString({ resolve: () => token });
  expect(json({ id: of })).toBe(`{"id":"${of}"}`);
});

test("tokens of lists, maps and numbers are refused by place: they cannot stand in a text", () => {
  const list = Token.asList({ resolve: () => [] });
  expect(() => json({ a: [{ b: Token.asAny({ resolve: () => ({}) }) }] })).toThrow("$.a[0].b is a token");
  expect(() => json({ a: list })).toThrow("$.a");
  expect(() => json({ port: Token.asNumber({ resolve: () => 1 }) })).toThrow("$.port is a token of a number");
});

test("text without expressions is left alone", () => {
  expect(escapeTemplate("$SYS.REQ.> $5 100% {sub}")).toBe("$SYS.REQ.> $5 100% {sub}");
});
