import { isKeyName } from "../../../cli/keys/key-name";

test("a key's name leads to no other file", () => {
  expect(["issuer", "signing-APP-previous", "user_1"].map(isKeyName)).toEqual([true, true, true]);
  expect(["../issuer", "a/b", ".", "", "a b", "a\nb"].map(isKeyName)).toEqual(Array(6).fill(false));
});
