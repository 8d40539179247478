// Opens a folder's page in headless Chromium and waits until the page shows the document that it got.
// An optimiser may write a module that no browser loads, so what is weighed is also opened.
//
//     node shows.mjs <folder> <node_modules> <chromium>
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";

const [folder, modules, executablePath] = process.argv.slice(2);
const { chromium } = createRequire(join(modules, "/"))("playwright-core");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
const DOCUMENT = JSON.stringify({ seen: "in the page" });

const server = createServer(async (request, response) => {
  const name = basename(new URL(request.url, "http://page").pathname) || "index.html";
  if (name === "document.json") {
    return response.writeHead(200, { "content-type": "application/json" }).end(DOCUMENT);
  }
  try {
    const content = await readFile(join(folder, name));
    response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "text/plain" }).end(content);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
});
try {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page
    .waitForFunction((text) => document.body.textContent.includes(text), DOCUMENT, { timeout: 60_000 })
    .catch(async (error) => errors.push(error.message, await page.textContent("body")));
  if (errors.length > 0) throw new Error(errors.join("\n"));
  console.log(`shown: ${DOCUMENT}`);
} finally {
  await browser.close();
  server.close();
}
