import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultRelease } from "../../model/config/server-releases";
import { checkout, natsform } from "../support/cli-run";
import { NatsParser, parserPath } from "../support/nats-parser";

const cache = mkdtempSync(join(tmpdir(), "natsform-cache-"));
afterAll(() => rmSync(cache, { recursive: true, force: true }));

// `make test` has said why, where it could not be built.
(parserPath ? test : test.skip)(
  "a tool is built into an empty cache, found there, and runs (skipped where natsconf cannot be built)",
  async () => {
    const env = { NATSFORM_CACHE: cache };
    const { code, stdout, stderr } = await natsform(checkout, ["tools", "install", "natsconf"], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^natsconf .*: building it with Go\nnatsconf .*: done after \d+ s\n$/);
    const [program, ...more] = readdirSync(join(cache, "bin"));
    expect(program).toMatch(`natsconf-${defaultRelease}-`);
    expect([more, readdirSync(join(cache, "making"))]).toEqual([[], []]);

    const parser = new NatsParser(join(cache, "bin", program ?? ""));
    expect(await parser.parse('server_name: "a", port: 4222')).toEqual({ config: { server_name: "a", port: 4222 } });
    expect(await parser.parse("server_name: {")).toMatchObject({ error: expect.any(String) });
    parser.stop();

    const { stdout: list } = await natsform(checkout, ["tools", "list", "--json"], env);
    const row = (JSON.parse(list) as { name: string }[]).find(({ name }) => name === "natsconf");
    expect(row).toMatchObject({ ok: true, path: join(cache, "bin", program ?? "") });
  },
);
