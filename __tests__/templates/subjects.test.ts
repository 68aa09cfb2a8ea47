import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { subjectsText } from "../../templates/subjects";
import { changed, parsed } from "../support/lint-environment";

const environment = (more: object = {}) =>
  parsed(
    changed({
      "identity.services.api": { account: "APP", serves: ["user.get"], uses: { consumers: ["ORDERS/fulfilment"] } },
      "identity.services.shop": { account: "APP", asks: ["user.get"], publishes: ["orders.*.placed"] },
      "streams[1]": { name: "KV_PREFS", cluster: "core", subjects: ["$KV.PREFS.>"] },
      ...more,
    }),
  );
const folder = mkdtempSync(join(tmpdir(), "natsform-subjects-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the compiler says against a program that uses the file. */
function complaints(program: string): string[] {
  writeFileSync(join(folder, "subjects.ts"), subjectsText(environment(), "natsform subjects lint"));
  const file = join(folder, "program.ts");
  writeFileSync(file, program);
  const options: ts.CompilerOptions = { strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, types: [] };
  const compiled = ts.createProgram([file], { ...options, module: ts.ModuleKind.CommonJS });
  return ts.getPreEmitDiagnostics(compiled).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}

test("a typo in a stream, a consumer, a bucket, a service or a subject does not compile", () => {
  const said = complaints(`
    import type { BucketName, ConsumerName, PublishedBy, ServedBy, ServiceName, StoredBy, StreamName, Subject } from "./subjects";
    import { services, streams } from "./subjects";
    const stream: StreamName = "ORDERS";
    const consumer: ConsumerName<"ORDERS"> = "fulfilment";
    const bucket: BucketName = "PREFS";
    const service: ServiceName = "shop";
    const asked: PublishedBy<"shop"> = "user.get";
    const published: PublishedBy<"shop"> = "orders.42.placed";
    const served: ServedBy<"api"> = services.api.serves[0];
    const stored: StoredBy<"ORDERS"> = "orders.42";
    const one: Subject = published;
    export const all = [stream, consumer, bucket, service, asked, published, served, stored, one, streams.ORDERS.subjects[0]];
    // @ts-expect-error
    export const a: StreamName = "ORDRES";
    // @ts-expect-error
    export const b: ConsumerName<"ORDERS"> = "fulfillment";
    // @ts-expect-error
    export const c: BucketName = "PREF";
    // @ts-expect-error
    export const d: ServiceName = "shopp";
    // @ts-expect-error
    export const e: PublishedBy<"shop"> = "order.42.placed";
    // @ts-expect-error
    export const f: PublishedBy<"shop"> = "orders.42.place";
    // @ts-expect-error
    export const g: PublishedBy<"api"> = "user.get";
    // @ts-expect-error
    export const h: Subject = "usr.get";
    // @ts-expect-error
    export const i = streams.ORDER;
  `);
  expect(said).toEqual([]);
});

test("the order in which an environment says things does not matter", () => {
  const text = subjectsText(environment(), "x");
  const input = environment();
  const turned = {
    ...input,
    streams: [...input.streams].reverse(),
    identity: { ...input.identity, services: Object.fromEntries(Object.entries(input.identity.services).reverse()) },
  };
  expect(subjectsText(turned as typeof input, "x")).toBe(text);
  expect(subjectsText({ ...input, streams: [] }, "x")).toContain("export const streams = {} as const;");
});
