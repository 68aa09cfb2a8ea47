import fc from "fast-check";
import { formRefusal, listedRecord, ownershipRefusal, recordChange } from "../../runtime/dns-sync/record";
import { route53Name, setsOf, textsOf } from "../../runtime/dns-sync/record-sets";

const settings = { ttlSeconds: 60, whenEmpty: "keep" } as const;
const listed = (addresses: string[], ttlSeconds = 60) => ({ addresses, ttlSeconds });

test("the record follows the healthy servers", () => {
  const change = recordChange(["198.51.100.2", "198.51.100.1"], listed(["198.51.100.9"]), settings);
  expect(change).toEqual({ action: "UPSERT", addresses: ["198.51.100.1", "198.51.100.2"], ttlSeconds: 60 });
});

test("a record that is missing is made", () => {
  const change = recordChange(["198.51.100.1"], undefined, settings);
  expect(change).toEqual({ action: "UPSERT", addresses: ["198.51.100.1"], ttlSeconds: 60 });
});

test("another time to live is a difference, but not while no server is healthy", () => {
  expect(recordChange(["198.51.100.1"], listed(["198.51.100.1"], 300), settings)).toMatchObject({ ttlSeconds: 60 });
  expect(recordChange([], listed(["198.51.100.1"], 300), settings)).toBeUndefined();
});

test("without a healthy server it is deleted only where that is asked for, naming what it held", () => {
  const deleting = { ...settings, whenEmpty: "delete" } as const;
  expect(recordChange([], listed(["198.51.100.1"], 30), settings)).toBeUndefined();
  expect(recordChange([], listed(["198.51.100.1"], 30), deleting)).toEqual({
    action: "DELETE",
    addresses: ["198.51.100.1"],
    ttlSeconds: 30,
  });
  expect(recordChange([], undefined, deleting)).toBeUndefined();
});

test("it is changed exactly when the sets differ, whatever their order and however often an address comes", () => {
  const addresses = fc.array(fc.integer({ min: 1, max: 5 }).map((i) => `198.51.100.${i}`));
  fc.assert(
    fc.property(addresses, addresses, (healthy, there) => {
      const change = recordChange(healthy, listed([...new Set(there)]), settings);
      const same = [...new Set(healthy)].sort().join() === [...new Set(there)].sort().join();
      if (healthy.length === 0 || same) expect(change).toBeUndefined();
      else expect(new Set(change?.addresses)).toEqual(new Set(healthy));
      expect(change?.addresses.length).not.toBe(0);
    }),
  );
});

test.each([
  ["Nats.Example.COM", "nats.example.com."],
  ["nats.example.com.", "nats.example.com."],
  ["*.example.com", "\\052.example.com."],
  ["_natsform.nats.example.com", "_natsform.nats.example.com."],
])("%s is called %s by Route 53", (name, answered) => {
  expect(route53Name(name)).toBe(answered);
  const set = { Name: answered, Type: "A" as const };
  expect(setsOf([set], name, "A")).toEqual([set]);
});

test("another name and another type are not ours", () => {
  const sets = [
    { Name: "nats.example.com.", Type: "AAAA" as const },
    { Name: "a.nats.example.com.", Type: "A" as const },
    { Name: "nats.example.com.example.com.", Type: "A" as const },
    { Name: "natsXexample.com.", Type: "A" as const },
  ];
  expect(setsOf(sets, "nats.example.com", "A")).toEqual([]);
});

test.each([
  ['"natsform:demo/core"', "natsform:demo/core"],
  ['"natsform:" "demo/core"', "natsform:demo/core"],
  ['"a\\"b\\\\c"', 'a"b\\c'],
  ['"a\\040b"', "a b"],
  ["", ""],
])("the text %s says %s", (Value, says) => {
  expect(textsOf({ Name: "x.", Type: "TXT", ResourceRecords: [{ Value }] })).toEqual([says]);
});

const ours = { name: "_natsform.nats.example.com", owner: "natsform:demo/core" };
const texts = (...says: string[]) => [
  { Name: `${ours.name}.`, Type: "TXT" as const, ResourceRecords: says.map((text) => ({ Value: `"${text}"` })) },
];

test.each<[string, ReturnType<typeof texts>, string | undefined]>([
  ["ours", texts("natsform:demo/core"), undefined],
  ["nobody's", [], "ownership missing"],
  [
    "the next record's in the zone",
    [{ ...texts("natsform:demo/core")[0], Name: "www.example.com." } as never],
    "ownership missing",
  ],
  ["another environment's", texts("natsform:demo/core2"), "owned by somebody else"],
  ["of another case", texts("natsform:Demo/core"), "owned by somebody else"],
  ["two owners'", texts("natsform:demo/core", "natsform:other/core"), "owned by somebody else"],
  ["twice ours", texts("natsform:demo/core", "natsform:demo/core"), "owned by somebody else"],
  ["empty", texts(""), "owned by somebody else"],
])("ownership: %s", (_, sets, refusal) => {
  expect(ownershipRefusal(sets, ours)).toBe(refusal);
});

test("a record set with a routing policy or an alias is none that we could write", () => {
  const name = "nats.example.com";
  const simple = { Name: `${name}.`, Type: "A" as const, TTL: 60, ResourceRecords: [{ Value: "192.0.2.1" }] };
  const AliasTarget = { DNSName: "elb.example.net.", HostedZoneId: "Z2", EvaluateTargetHealth: false };
  expect(formRefusal([simple], name)).toBeUndefined();
  expect(formRefusal([], name)).toBeUndefined();
  expect(formRefusal([{ ...simple, SetIdentifier: "blue", Weight: 1 }], name)).toBe("alias or routing policy");
  expect(formRefusal([{ Name: simple.Name, Type: "A", AliasTarget }], name)).toBe("alias or routing policy");
  expect(listedRecord([simple], name)).toEqual({ addresses: ["192.0.2.1"], ttlSeconds: 60 });
  expect(listedRecord([], name)).toBeUndefined();
});
