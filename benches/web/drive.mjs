// Serves the page, drives it in headless Chromium and measures: the CPU time of the page's main thread, clients interleaved.
//
//     node drive.mjs '{"chromium": …, "page": …, "clients": …, "npm": …, "names": […], "rounds": 7, "scenarios": […]}'
//
// prints one line of JSON: for each scenario and client the milliseconds of each round. CPU and not wall time, for a machine
// has more to do; of one thread, for that is the one that a page's user waits for. The browser is spoken to by the pipe of its DevTools, and
// no more of them is enabled than what is measured by: whoever watches the network, as every library for tests does, has the browser note
// the stack of each `fetch`, which costs more of wasm than of JavaScript.

import { spawn } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import os from "node:os";
import path from "node:path";

const options = JSON.parse(process.argv[2]);

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const SMALL = Buffer.alloc(1024, "s");
const CHUNK = Buffer.alloc(65536, "b");

function serve(request, response) {
  const url = new URL(request.url, "http://localhost");
  if (url.pathname === "/small") {
    response.writeHead(200, { "content-type": "text/plain", "content-length": SMALL.length, "cache-control": "no-store" });
    return response.end(SMALL);
  }
  if (url.pathname === "/big") return big(response, Number(url.searchParams.get("mebibytes")) * 16);
  const [, first, ...rest] = url.pathname.split("/");
  const folder = { clients: options.clients, npm: options.npm }[first];
  const file = folder ? path.join(folder, ...rest) : path.join(options.page, first || "index.html");
  if (!existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[path.extname(file)] ?? "application/octet-stream" });
  return createReadStream(file).pipe(response);
}

/** So many chunks, as fast as they are taken. */
function big(response, chunks) {
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": chunks * CHUNK.length, "cache-control": "no-store" });
  let left = chunks;
  const write = () => {
    while (left > 0) {
      left -= 1;
      if (!response.write(CHUNK)) return response.once("drain", write);
    }
    return response.end();
  };
  write();
}

/** Chromium, headless, and its DevTools (Chrome DevTools Protocol) by the pipe. */
class Browser {
  constructor() {
    this.folder = mkdtempSync(path.join(os.tmpdir(), "web-bench-"));
    const flags = ["--headless=new", "--remote-debugging-pipe", `--user-data-dir=${this.folder}`, "--no-sandbox", "--disable-gpu",
      "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run", "about:blank"];
    this.process = spawn(options.chromium, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.waiting = new Map();
    this.text = "";
    this.process.stdio[4].setEncoding("utf8").on("data", (text) => this.read(text));
    this.ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.ended.then(() => this.waiting.forEach(({ reject }) => reject(new Error("the browser has ended"))));
  }

  read(text) {
    const messages = (this.text + text).split("\0");
    this.text = messages.pop();
    for (const { id, result, error } of messages.map((message) => JSON.parse(message))) {
      const { resolve, reject } = this.waiting.get(id) ?? {};
      this.waiting.delete(id);
      if (error) reject?.(new Error(error.message));
      else resolve?.(result);
    }
  }

  send(method, params = {}) {
    const id = (this.last = (this.last ?? 0) + 1);
    this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: this.session })}\0`);
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  /** A page of its own, whose DevTools are the ones spoken to from now on. */
  async open(url) {
    const { targetId } = await this.send("Target.createTarget", { url });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    this.session = sessionId;
  }

  /** What the expression gives in the page, waited for. */
  async evaluate(expression) {
    const answer = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text);
    return answer.result.value;
  }

  /** Waits for the page's script; what was there before the page goes while it is asked. */
  async ready() {
    for (const began = Date.now(); Date.now() - began < 60_000; await new Promise((resolve) => setTimeout(resolve, 50))) {
      if (await this.evaluate("document.body?.dataset.ready").catch(() => undefined) !== undefined) return;
    }
    throw new Error("the page did not get ready");
  }

  async close() {
    this.session = undefined;
    this.send("Browser.close").catch(() => {});
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const server = createServer(serve);
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const browser = new Browser();

const busy = async () => {
  const { metrics } = await browser.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "ThreadTime").value * 1000;
};
/** Longer than any run takes; a client that panics leaves its promise pending for ever. */
const PATIENCE = 120_000;

async function run(...values) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${PATIENCE} ms: ${values}`)), PATIENCE);
  });
  try {
    return await Promise.race([late, browser.evaluate(`window.run(${values.map((value) => JSON.stringify(value))})`)]);
  } finally {
    clearTimeout(timer);
  }
}

/** One run; the milliseconds that the main thread was busy, `null` where a client cannot. */
async function measure(scenario, name, amount) {
  const bytes = amount * (scenario.endsWith("get") ? SMALL.length : 1048576);
  await browser.send("HeapProfiler.collectGarbage");
  const before = await busy();
  const came = await run(scenario, name, amount);
  if (came === undefined) return null;
  if (came !== bytes) throw new Error(`${name} in ${scenario}: ${came} bytes in place of ${bytes}`);
  return (await busy()) - before;
}

/** All clients in one scenario: the milliseconds of each round for one request, or one MiB. */
async function compare(names, { scenario, amount, warm }) {
  for (const name of names) await measure(scenario, name, warm);
  const rounds = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < options.rounds; round += 1) {
    // Another goes first each time.
    for (const at of names.keys()) {
      const name = names[(at + round) % names.length];
      const spent = await measure(scenario, name, amount);
      if (spent !== null) rounds[name].push(spent / amount);
    }
  }
  return rounds;
}

/** A profile of one client in one scenario, as DevTools load it. */
async function profile({ scenario, name, amount, file }) {
  await measure(scenario, name, Math.ceil(amount / 5));
  await browser.send("Profiler.enable");
  await browser.send("Profiler.setSamplingInterval", { interval: 100 });
  await browser.send("Profiler.start");
  await run(scenario, name, amount);
  writeFileSync(file, JSON.stringify((await browser.send("Profiler.stop")).profile));
}

try {
  await browser.open(`http://127.0.0.1:${server.address().port}/`);
  const names = ["js", ...options.names];
  await browser.ready();
  await browser.evaluate(`window.load(${JSON.stringify(names)})`);
  await browser.send("Performance.enable", { timeDomain: "threadTicks" });
  const results = {};
  for (const scenario of options.scenarios) results[scenario.scenario] = await compare(names, scenario);
  if (options.profile) await profile(options.profile);
  console.log(JSON.stringify(results));
} finally {
  await browser.close();
  server.close();
  server.closeAllConnections();
}
