import fc from "fast-check";
import { defineEndpoint, fillSubject, readParameters } from "../../../runtime/client/endpoint";
import { checkSubject } from "../../../runtime/client/names";
import { decodeJson, encodePayload } from "../../../runtime/client/payload";

const user = defineEndpoint("user.{id}.{field}.get");

test("parameters are one token each, whatever they hold, and come back as they were", () =>
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
      fc.constantFrom("*", ">", "a.b", "a\r\nPUB x 1", " ", "_2e", "..", "\u00e4"),
      (id, field) => {
        const subject = fillSubject(user, { id, field });
        expect(() => checkSubject(subject)).not.toThrow();
        expect(subject.split(".")).toHaveLength(4);
        expect(readParameters(user, subject)).toEqual({ id, field });
      },
    ),
  ));

test("a subject without parameters is itself, and takes none", () => {
  const plain = defineEndpoint("user.list");
  expect(fillSubject(plain)).toBe("user.list");
  expect(() => fillSubject(plain, { id: "7" })).toThrow("there is no id");
});

test("every parameter that is missing or unknown is named", () => {
  expect(() => fillSubject(user, { id: "", other: "x" })).toThrow("id is missing, field is missing, there is no other");
  expect(() => fillSubject(user)).toThrow("id is missing, field is missing");
});

test("a token that is no encoding is no parameter: no two subjects mean the same", () => {
  for (const token of ["_2E", "_61", "_zz", "_", "a_b", "_c3"])
    expect(readParameters(user, `user.${token}.name.get`)).toBeUndefined();
});

test.each(["user.{id", "user.x{id}.get", "user.{id}.{id}", "user..get", "user.{}.get"])(
  "%s is no subject",
  (subject) => {
    expect(() => defineEndpoint(subject)).toThrow();
  },
);

test("bytes that are not UTF-8, or not JSON, are an error that does not quote them", () => {
  expect(decodeJson(encodePayload({ name: "\u00e4\ud83d\ude00" }), "a", "request")).toEqual({
    name: "\u00e4\ud83d\ude00",
  });
  expect(decodeJson(new Uint8Array(0), "a", "request")).toBeUndefined();
  for (const bytes of [Buffer.from([0x22, 0xff, 0x22]), Buffer.from("secret")])
    expect(() => decodeJson(bytes, "a", "request")).toThrow(
      expect.objectContaining({ code: "schema", message: expect.not.stringContaining("secret") }),
    );
});
