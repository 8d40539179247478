// The package in Chromium: every case in a page (from a plain `<script type=module>`), in a dedicated and a service worker, and an app built by Vite.
//
//     URLSESSION_ORIGIN=<the origin server's line> node browser.mjs <folder of the package> <folder node_modules> <chromium>

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, request as ask } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [folder, modules, chromium] = process.argv.slice(2).map((path) => resolve(path));
const origin = JSON.parse(process.env.URLSESSION_ORIGIN).http.replace(/\/$/, "");
const { chromium: browsers } = createRequire(join(modules, "x"))("playwright-core");

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };

/** Every place runs this, and gives what `run` gives. */
const RUNNER = `
  import * as lib from "./package/index.js";
  import { run } from "./tests/cases.mjs";
  export const outcome = lib.default().then(() => run(lib, self.location.origin));
`;

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

const site = mkdtempSync(join(tmpdir(), "urlsession-site-"));
const write = (name, text) => writeFileSync(join(site, name), text);

function lay() {
  cpSync(folder, join(site, "package"), { recursive: true });
  cpSync(here, join(site, "tests"), { recursive: true });
  write("runner.js", RUNNER);
  write("page.html", `<!doctype html><script type="module">
    import { outcome } from "./runner.js";
    outcome.then((found) => { window.found = found; }, (error) => { window.found = { failures: [String(error)] }; });
  </script>`);
  write("worker.js", `import { outcome } from "./runner.js";
    outcome.then((found) => postMessage(found), (error) => postMessage({ failures: [String(error)] }));`);
  write("worker.html", `<!doctype html><script type="module">
    new Worker("./worker.js", { type: "module" }).onmessage = ({ data }) => { window.found = data; };
  </script>`);
  write("service.js", `import { outcome } from "./runner.js";
    self.addEventListener("message", (event) => event.waitUntil(outcome.then(
      (found) => event.source.postMessage(found),
      (error) => event.source.postMessage({ failures: [String(error)] }),
    )));
    self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));`);
  write("service.html", `<!doctype html><script type="module">
    navigator.serviceWorker.onmessage = ({ data }) => { window.found = data; };
    await navigator.serviceWorker.register("./service.js", { type: "module" });
    (await navigator.serviceWorker.ready).active.postMessage("run");
  </script>`);
}

/** An app, built by Vite for production, into the folder `vite` of the site. */
function build() {
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

lay();
build();
const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, "http://a").pathname);
  try {
    const file = readFileSync(join(site, path));
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(file);
  } catch {
    forward(request, response);
  }
});

/** The origin server's routes, as if they were this one's: a page sees all of its own origin. */
function forward(request, response) {
  const { method, url, headers } = request;
  const to = ask(`${origin}${url}`, { method, headers: { ...headers, host: new URL(origin).host } }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.on("error", () => response.destroy()).pipe(response);
  });
  to.on("error", () => response.destroy());
  response.on("close", () => to.destroy());
  request.pipe(to);
}
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const base = `http://127.0.0.1:${server.address().port}`;
const browser = await browsers.launch({
  executablePath: chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
});

let [passed, failed] = [0, 0];
try {
  for (const place of ["page", "worker", "service"]) {
    const page = await (await browser.newContext()).newPage();
    const errors = [];
    // What the hostile delegate throws is reported as an error of the page: that is meant.
    page.on("pageerror", (error) => error.message.includes("thrown by the app") || errors.push(error.message));
    await page.goto(`${base}/${place}.html`);
    await page.waitForFunction(() => window.found !== undefined, undefined, { timeout: 120_000 }).catch(() => {});
    const found = await page.evaluate(() => window.found ?? { failures: ["it does not end"] });
    for (const failure of [...found.failures, ...errors]) console.log(`FAILED in ${place}: ${failure}`);
    failed += found.failures.length + errors.length;
    passed += Math.max(0, (found.count ?? 0) - found.failures.length);
    console.log(`${place}: ${found.count ?? 0} cases, ${found.failures.length} failed`);
    await page.context().close();
  }
  const page = await browser.newPage();
  await page.goto(`${base}/vite/index.html`);
  await page.waitForFunction(() => document.title !== "", undefined, { timeout: 30_000 });
  assert.equal(await page.title(), "200 Kathmandu badURL");
  passed += 1;
} finally {
  await browser.close();
  server.close();
  server.closeAllConnections();
  rmSync(site, { recursive: true });
}
console.log(`# pass ${passed}\n# fail ${failed}`);
process.exit(failed === 0 ? 0 : 1);
