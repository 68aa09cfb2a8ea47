import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { pageHtml } from "./browser-html";
import type { PageNats } from "./browser-page";
import { findProgram } from "./programs";

export const findChromium = () => ["chromium", "chromium-browser", "google-chrome"].map(findProgram).find(Boolean);

/** With certutil a CA goes into the browser's own store; without it, the key of one certificate is pinned. */
export const hasCertutil = findProgram("certutil") !== undefined;

/** Certificates, as files, that the browser is to trust. */
export interface Trusted {
  ca: string;
  /** What is pinned where the CA cannot be imported. */
  certificate: string;
}

export interface Tab {
  page: Page;
  nats: PageNats;
  /** What the browser's console said, errors of connections among it. */
  console: string[];
}

/** A headless Chromium with a home of its own: no certificates, settings or processes of the user's. */
export class Browser {
  private constructor(
    private readonly home: string,
    private readonly context: BrowserContext,
  ) {}

  /** Every name in `hosts` resolves to the loopback address, and no other name resolves at all. */
  static async start(hosts: readonly string[], trusted?: Trusted): Promise<Browser> {
    const home = mkdtempSync(join(tmpdir(), "natsform-browser-"));
    try {
      const pins = trusted && hasCertutil ? importCa(home, trusted.ca) : trusted ? [pin(trusted.certificate)] : [];
      const rules = [...hosts.map((host) => `MAP ${host} 127.0.0.1`), "MAP * ~NOTFOUND"];
      const context = await chromium.launchPersistentContext(join(home, "profile"), {
        executablePath: findChromium(),
        headless: true,
        timeout: 180_000,
        env: { ...process.env, HOME: home },
        viewport: { width: 1100, height: 620 },
        args: [
          "--no-sandbox",
          "--disable-gpu",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-quic",
          "--disable-sync",
          "--no-first-run",
          "--no-proxy-server",
          `--host-resolver-rules=${rules.join(", ")}`,
          ...pins,
        ],
      });
      context.setDefaultTimeout(90_000);
      // The public name leads to this machine here; Chromium asks the user before a page may reach that.
      await context.grantPermissions(["local-network-access"]);
      return new Browser(home, context);
    } catch (error) {
      rmSync(home, { recursive: true, force: true });
      throw error;
    }
  }

  /** The test page as a document of this origin. The browser asks nobody for it: it is handed over here. */
  async open(origin: string): Promise<Tab> {
    const page = await this.context.newPage();
    const messages: string[] = [];
    page.on("console", (message) => messages.push(message.text()));
    const body = pageHtml();
    await page.route(`${origin}/**`, (route) => route.fulfill({ contentType: "text/html", body }));
    await page.goto(`${origin}/`);
    return { page, nats: remote(page), console: messages };
  }

  /** A page of this origin with a script of somebody's, and what it finds in the storage of its session. */
  async openScript(
    origin: string,
    script: string,
    storage: Readonly<Record<string, string>>,
  ): Promise<Omit<Tab, "nats">> {
    const page = await this.context.newPage();
    const messages: string[] = [];
    page.on("console", (message) => messages.push(message.text()));
    const body = `<!doctype html><script type="module">${script.replaceAll("</script", "<\\/script")}</script>`;
    await page.addInitScript((kept) => {
      const { sessionStorage } = globalThis as unknown as {
        sessionStorage: { setItem(key: string, value: string): void };
      };
      for (const [key, value] of Object.entries(kept)) sessionStorage.setItem(key, value);
    }, storage);
    await page.route(`${origin}/**`, (route) => route.fulfill({ contentType: "text/html", body }));
    await page.goto(`${origin}/`);
    return { page, console: messages };
  }

  /** A page that is a file of this machine, with what its console says and whatever it asks for besides. */
  async openFile(
    path: string,
    media: { colorScheme?: "dark" | "light" } = {},
  ): Promise<Omit<Tab, "nats"> & { asked: string[] }> {
    const page = await this.context.newPage();
    const messages: string[] = [];
    const asked: string[] = [];
    page.on("console", (message) => messages.push(message.text()));
    page.on("request", (request) => asked.push(request.url()));
    await page.emulateMedia(media);
    await page.goto(pathToFileURL(path).href);
    return { page, console: messages, asked };
  }

  async closePages(): Promise<void> {
    for (const page of this.context.pages()) await page.close();
  }

  async stop(): Promise<void> {
    await this.context.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** `window.nats` of the page, seen from here. */
function remote(page: Page): PageNats {
  const call = (method: keyof PageNats, args: unknown[]): Promise<never> =>
    page.evaluate(
      ([name, values]) => {
        const { nats } = globalThis as unknown as { nats: Record<string, (...values: unknown[]) => never> };
        return nats[name as string]?.(...(values as unknown[])) as never;
      },
      [method, args],
    );
  return {
    connect: (login) => call("connect", [login]),
    publish: (...args) => call("publish", args),
    subscribe: (...args) => call("subscribe", args),
    request: (...args) => call("request", args),
    received: () => call("received", []),
  };
}

/** Trusts the CA as a user would: in the store below the home folder, for servers alone. */
function importCa(home: string, ca: string): string[] {
  const database = `sql:${join(home, ".pki", "nssdb")}`;
  mkdirSync(join(home, ".pki", "nssdb"), { recursive: true });
  const certutil = (...args: string[]) => execFileSync(findProgram("certutil") ?? "", ["-d", database, ...args]);
  certutil("-N", "--empty-password");
  certutil("-A", "-n", "natsform twin", "-t", "C,,", "-i", ca);
  return [];
}

/** Lets in a chain that holds exactly this key, which nobody else has. */
function pin(certificate: string): string {
  const { publicKey } = new X509Certificate(readFileSync(certificate));
  const digest = createHash("sha256").update(publicKey.export({ type: "spki", format: "der" }));
  return `--ignore-certificate-errors-spki-list=${digest.digest("base64")}`;
}
