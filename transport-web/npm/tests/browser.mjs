// The package in Chromium: every case in a page (from a plain `<script type=module>`), in a dedicated, a shared and a service worker; in a page
// that gets no part of the module but the first, and in one that only lacks their JavaScript; what a service worker is told that imports what is for pages; a cache and a download that outlive a page's visit; an app built by Vite.
//
//     URLSESSION_ORIGIN=<the origin server's line> node browser.mjs <folder of the package> <folder node_modules> <chromium>

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { FIRST, SECOND } from "./reload.mjs";
import { open } from "./site.mjs";

const [folder, modules, chromium] = process.argv.slice(2).map((path) => resolve(path));
const origin = JSON.parse(process.env.URLSESSION_ORIGIN).http.replace(/\/$/, "");
const { chromium: browsers } = createRequire(join(modules, "x"))("playwright-core");

/** An app as a user's: it imports the package by its name. */
const APP = `
  import init, { Session, SessionError } from "urlsession";
  try {
    await init();
    const { data, response } = await new Session().data(${JSON.stringify(`${origin}/Nepal`)});
    const error = await new Session().data("http://[nonsense").catch((error) => error);
    document.title = [response.status, new TextDecoder().decode(data), error instanceof SessionError && error.code].join(" ");
  } catch (error) {
    document.title = "failed: " + error;
  }
`;

/** An app, built by Vite for production, into the folder `vite` of the site. */
function build(site) {
  const app = mkdtempSync(join(tmpdir(), "urlsession-app-"));
  mkdirSync(join(app, "node_modules"));
  symlinkSync(folder, join(app, "node_modules", "urlsession"), "dir");
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", type: "module", private: true }));
  writeFileSync(join(app, "index.html"), `<!doctype html><script type="module" src="./main.js"></script>`);
  writeFileSync(join(app, "main.js"), APP);
  const options = ["build", app, "--base", "./", "--outDir", join(site, "vite"), "--emptyOutDir", "--logLevel", "warn"];
  execFileSync(process.execPath, [join(modules, "vite", "bin", "vite.js"), ...options], { stdio: "inherit", cwd: app });
  rmSync(app, { recursive: true });
}

const { site, base, close } = await open(folder, origin);
build(site);
const browser = await browsers.launch({
  executablePath: chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
});

/** What the page has found, once it has. */
async function found(page) {
  await page.waitForFunction(() => window.found !== undefined, undefined, { timeout: 120_000 }).catch(() => {});
  return page.evaluate(() => window.found ?? { failures: ["it does not end"] });
}

let [passed, failed] = [0, 0];
try {
  for (const place of ["page", "without-parts", "without-scripts", "worker", "shared", "service"]) {
    const page = await (await browser.newContext()).newPage();
    const errors = [];
    // What the hostile delegate throws is reported as an error of the page, and what it asks for and looks not at may be rejected.
    const isMeant = (message) => message.includes("thrown by the app") || (place.startsWith("without-") && message.includes("a part of urlsession"));
    page.on("pageerror", (error) => isMeant(error.message) || errors.push(error.message));
    await page.goto(`${base}/${place}.html`);
    const { count = 0, failures } = await found(page);
    for (const failure of [...failures, ...errors]) console.log(`FAILED in ${place}: ${failure}`);
    failed += failures.length + errors.length;
    passed += Math.max(0, count - failures.length);
    console.log(`${place}: ${count} cases, ${failures.length} failed`);
    await page.context().close();
  }
  const page = await browser.newPage();
  await page.goto(`${base}/lacking.html`);
  const [plain, cached] = await found(page);
  assert.equal(plain, 200);
  assert.match(cached, /^cannotLoadFromNetwork: .*urlsession\/service-worker/);
  await page.goto(`${base}/reload.html`);
  assert.deepEqual(await found(page), FIRST);
  await page.reload();
  assert.deepEqual(await found(page), SECOND);
  await page.goto(`${base}/vite/index.html`);
  await page.waitForFunction(() => document.title !== "", undefined, { timeout: 30_000 });
  assert.equal(await page.title(), "200 Kathmandu badURL");
  // Of the module's parts, those that this takes.
  const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => /urlsession_\w+?(?=-[^/]*\.(wasm|js)$)/.exec(name)?.[0]));
  assert.deepEqual(loaded.filter(Boolean), ["urlsession_bg"]);
  passed += 3;
} finally {
  await browser.close();
  close();
}
console.log(`# pass ${passed}\n# fail ${failed}`);
process.exit(failed === 0 ? 0 : 1);
