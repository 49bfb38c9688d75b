// Opens pages in Chromium and says what axe-core finds, and how they are laid out.
//   node page.mjs CHROMIUM JOBS.json      JOBS: [{url, width, height, dark, print, screenshot}]
// Prints one JSON object a job: {violations, requests, wide, title}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [executablePath, jobs] = process.argv.slice(2);

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], timeout: 30_000 });
try {
  for (const job of JSON.parse(readFileSync(jobs, "utf8"))) {
    // The page runs no script of its own and forbids any; axe comes in past its policy.
    const context = await browser.newContext({
      viewport: { width: job.width, height: job.height }, colorScheme: job.dark ? "dark" : "light", bypassCSP: true,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const requests = [], errors = [];
    page.on("request", (r) => requests.push(r.url()));
    page.on("pageerror", (e) => errors.push(String(e)));
    await page.goto(job.url);
    if (job.print) await page.emulateMedia({ media: "print" });
    // Folded parts are read, too.
    await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
    await page.evaluate(axe);
    const found = await page.evaluate(() => axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = false; }));
    if (job.screenshot) await page.screenshot({ path: job.screenshot, fullPage: !job.screen });
    console.log(JSON.stringify({
      violations: found.violations.map((v) => ({
        id: v.id, impact: v.impact, help: v.help, count: v.nodes.length,
        first: v.nodes[0].html.slice(0, 300), why: v.nodes[0].failureSummary,
      })),
      passes: found.passes.length, requests, errors, wide, title: await page.title(),
    }));
    await context.close();
  }
} finally {
  await browser.close();
}
