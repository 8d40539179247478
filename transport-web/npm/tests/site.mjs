// The site that the package's tests in browsers load: the package, its cases, a page for each place they run in, and, beside them, the origin server's
// routes as if they were its own.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as ask } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };

/** What a page shows as `window.found` where something fails before it begins. */
const failing = (error) => `{ failures: [String(${error})] }`;

/** Every place runs this of an entry of the package, and gives what `run` gives. */
const runner = (entry) => `
  import * as lib from "./package/${entry}.js";
  import { run } from "./tests/cases.mjs";
  export const outcome = lib.default().then(() => run(lib, self.location.origin)).catch((error) => (${failing("error")}));
`;

const page = (script) => `<!doctype html><script type="module">${script}</script>`;

/** The places, by the name of their page. */
const FILES = {
  "runner.js": runner("index"),
  "service-runner.js": runner("service-worker"),
  "page.html": page(`
    import { outcome } from "./runner.js";
    window.found = await outcome;`),
  "without-parts.html": page(`
    import * as lib from "./package/index.js";
    import { runWithoutParts } from "./tests/cases.mjs";
    window.found = await runWithoutParts(lib, self.location.origin).catch((error) => (${failing("error.stack")}));`),
  "worker.js": `
    import { outcome } from "./runner.js";
    outcome.then((found) => postMessage(found));`,
  "worker.html": page(`
    new Worker("./worker.js", { type: "module" }).onmessage = ({ data }) => { window.found = data; };`),
  "shared.js": `
    import { outcome } from "./runner.js";
    self.onconnect = ({ ports: [port] }) => outcome.then((found) => port.postMessage(found));`,
  "shared.html": page(`
    new SharedWorker("./shared.js", { type: "module" }).port.onmessage = ({ data }) => { window.found = data; };`),
  "without-scripts.html": page(`
    import * as lib from "./without-scripts/index.js";
    import { runWithoutParts } from "./tests/cases.mjs";
    window.found = await runWithoutParts(lib, self.location.origin, true).catch((error) => (${failing("error.stack")}));`),
  "service.js": `
    import { outcome } from "./service-runner.js";
    self.addEventListener("message", (event) => event.waitUntil(outcome.then((found) => event.source.postMessage(found))));
    self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));`,
  "service.html": page(`
    navigator.serviceWorker.onmessage = ({ data }) => { window.found = data; };
    await navigator.serviceWorker.register("./service.js", { type: "module" });
    (await navigator.serviceWorker.ready).active.postMessage("run");`),
  "lacking.js": `
    import * as lib from "./package/index.js";
    const code = (promise) => promise.then(({ response }) => response.status, ({ code, cause }) => code + ": " + cause.message);
    const found = async () => {
      await lib.default();
      const target = self.location.origin + "/Nepal";
      return [await code(new lib.Session().data(target)), await code(new lib.Session({ urlCache: new lib.UrlCache() }).data(target))];
    };
    self.addEventListener("message", (event) => event.waitUntil(found().catch(String).then((found) => event.source.postMessage(found))));
    self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));`,
  "lacking.html": page(`
    navigator.serviceWorker.onmessage = ({ data }) => { window.found = data; };
    await navigator.serviceWorker.register("./lacking.js", { type: "module" });
    (await navigator.serviceWorker.ready).active.postMessage("run");`),
  "reload.html": page(`
    import * as lib from "./package/index.js";
    import { visit } from "./tests/reload.mjs";
    window.found = await lib.default().then(() => visit(lib)).catch((error) => String(error));`),
};

/** Lays the site out in a folder of its own, and serves it. */
export async function open(folder, origin) {
  const site = mkdtempSync(join(tmpdir(), "urlsession-site-"));
  cpSync(folder, join(site, "package"), { recursive: true });
  cpSync(folder, join(site, "without-scripts"), { recursive: true, filter: (path) => !/urlsession_\w+\.js$/.test(path) });
  cpSync(here, join(site, "tests"), { recursive: true });
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(site, name), text);
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, "http://a").pathname);
    try {
      const file = readFileSync(join(site, path));
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(file);
    } catch {
      forward(origin, request, response);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    site,
    base: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
      rmSync(site, { recursive: true });
    },
  };
}

/** The origin server's routes, as if they were this one's: a page sees all of its own origin. */
function forward(origin, request, response) {
  const { method, url, headers } = request;
  const to = ask(`${origin}${url}`, { method, headers: { ...headers, host: new URL(origin).host } }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.on("error", () => response.destroy()).pipe(response);
  });
  to.on("error", () => response.destroy());
  response.on("close", () => to.destroy());
  request.pipe(to);
}
