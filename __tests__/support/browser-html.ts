import { resolve } from "node:path";
import { buildSync } from "esbuild";

/** The page with its script in it: nothing else is loaded. */
export function pageHtml(): string {
  const { outputFiles } = buildSync({
    entryPoints: [resolve(__dirname, "browser-page.ts")],
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    target: "es2022",
    logLevel: "silent",
  });
  const script = outputFiles[0]?.text.replaceAll("</script", "<\\/script");
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <title>natsform in a browser</title>
  <style>
    body { margin: 3rem; font: 16px/1.5 system-ui, sans-serif; color: #1b2733; background: #f4f6f8; }
    main { max-width: 60rem; padding: 1.5rem 2rem 2rem; background: #fff; border-radius: 12px; box-shadow: 0 1px 4px #0002; }
    h1 { margin: 0; font-size: 1.4rem; }
    #state { padding: 0.15rem 0.7rem; border-radius: 99px; background: #ccd3da; font-weight: 600; }
    #state.connected { background: #d2f4dc; color: #12672c; }
    #state.refused { background: #fbdad7; color: #931f14; }
    #detail { margin-left: 0.6rem; color: #5a6875; }
    table { width: 100%; margin-top: 1.2rem; border-collapse: collapse; table-layout: fixed; }
    th:first-child { width: 5.5rem; }
    th:nth-child(2) { width: 22rem; }
    th, td { padding: 0.4rem 0.6rem; border-bottom: 1px solid #e4e8ec; text-align: left; font-size: 0.9rem; overflow-wrap: anywhere; }
    td:nth-child(2) { font-family: ui-monospace, monospace; }
    .received td:first-child { color: #12672c; }
    .refused td { color: #931f14; }
  </style>
  <main>
    <h1 id="user">nobody</h1>
    <p><span id="state">not connected</span><span id="detail"></span></p>
    <table>
      <thead><tr><th></th><th>subject</th><th>message</th></tr></thead>
      <tbody id="messages"></tbody>
    </table>
  </main>
  <script>${script}</script>
</html>`;
}
