import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPlan, review } from "../../model/review";
import { reviewHtml } from "../../templates/review";
import { Browser, findChromium } from "../support/browser-chromium";
import { inputOf } from "../support/review-input";
import { temporaryFolder } from "../support/stacks";

jest.setTimeout(240_000);

/** The report in a real browser. */
const withBrowser = findChromium() ? test : test.skip;
if (!findChromium()) process.stderr.write("the report's page is skipped: there is no Chromium\n");

const hostile = '<img src=x onerror="alert(1)"><script>document.title="taken"</script>';
const stack = readPlan(
  {
    format_version: "1.2",
    resource_changes: [
      {
        address: `aws_route53_zone.z["${hostile}"]`,
        type: "aws_route53_zone",
        mode: "managed",
        change: { actions: ["delete", "create"], before: { name: "a" }, after: { name: hostile } },
      },
    ],
  },
  "lint-core-nats",
);
const reviews = [
  review(
    inputOf(
      { "streams[0].replicas": 1 },
      {
        "streams[0].replicas": 1,
        "streams[0].maxAge": "1d",
        "clusters.core.jetstream.maxOutstandingCatchup": "32MiB",
        "identity.permissions[1].publish.allow": [">"],
      },
      { stacks: [stack] },
    ),
  ),
];

const folder = temporaryFolder();
const file = join(folder, "review.html");
let browser: Browser;
beforeAll(async () => {
  writeFileSync(file, reviewHtml(reviews));
  if (findChromium()) browser = await Browser.start([]);
});
afterAll(() => browser?.stop());

/** Pictures for whoever wants to look: NATSFORM_PICTURES names a folder. */
const picture = (name: string) =>
  process.env.NATSFORM_PICTURES
    ? { path: join(process.env.NATSFORM_PICTURES, `${name}.png`), fullPage: true }
    : undefined;

withBrowser("asks for nothing, runs its own script alone, and filters by keyboard", async () => {
  const { page, console: said, asked } = await browser.openFile(file);
  expect(asked.filter((url) => !url.startsWith("file:"))).toEqual([]);
  expect(said).toEqual([]);
  expect(await page.title()).toBe("lint: BLOCK");
  expect(await page.locator("img").count()).toBe(0);
  const rows = page.locator("tbody tr:visible");
  const all = await rows.count();
  await page.keyboard.press("/");
  await page.keyboard.type("route53");
  await page.waitForFunction(`document.querySelectorAll("tbody tr[hidden]").length > 0`);
  const shown = await rows.count();
  expect(shown).toBeGreaterThan(0);
  expect(shown).toBeLessThan(all);
  const shot = picture("review-filtered");
  if (shot) await page.screenshot(shot);
});

withBrowser("fits a narrow screen, in the dark too, and every text can be read against its ground", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    const { page } = await browser.openFile(file, { colorScheme });
    await page.setViewportSize({ width: 1200, height: 900 });
    const wide = picture(`review-${colorScheme}`);
    if (wide) await page.screenshot(wide);
    await page.setViewportSize({ width: 360, height: 740 });
    const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect(overflow).toBeLessThanOrEqual(0);
    const narrow = picture(`review-narrow-${colorScheme}`);
    if (narrow) await page.screenshot(narrow);
    expect(await page.evaluate(contrasts)).toEqual([]);
  }
});

/** Texts with less than 4.5:1 against the nearest ground that is not transparent. */
const contrasts = `(() => {
  const channel = (value) => { const c = value / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parse = (color) => (color.match(/[\\d.]+/g) || []).map(Number);
  const groundOf = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = parse(getComputedStyle(one).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const weak = [];
  for (const element of document.querySelectorAll("h1, h2, p, strong, summary, summary span, th, td")) {
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(groundOf(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) weak.push(element.tagName + " " + ratio.toFixed(1) + " " + element.textContent.slice(0, 20));
  }
  return weak;
})()`;
