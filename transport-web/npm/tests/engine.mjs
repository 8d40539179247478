// The package in a browser that speaks WebDriver: every case in a page, in dedicated and shared workers, a cache and a download that outlive a page's visit.
//
//     URLSESSION_ORIGIN=<the origin server's line> GECKODRIVER=<driver, or SAFARIDRIVER> WASM_BINDGEN_TEST_WEBDRIVER_JSON=<file: what it is asked for>
//         node engine.mjs <folder of the package>

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { FIRST, SECOND } from "./reload.mjs";
import { open } from "./site.mjs";

const folder = resolve(process.argv[2]);
const origin = JSON.parse(process.env.URLSESSION_ORIGIN).http.replace(/\/$/, "");
const wishes = JSON.parse(readFileSync(process.env.WASM_BINDGEN_TEST_WEBDRIVER_JSON, "utf8"));

/** A port that nobody listens on. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A session of the driver: what is asked of it, and its end. */
async function drive() {
  const port = await freePort();
  const driver = spawn(process.env.GECKODRIVER ?? process.env.SAFARIDRIVER, [`--port=${port}`], { stdio: "ignore" });
  const gone = new Promise((_, reject) => {
    driver.on("error", reject);
    driver.on("exit", (code) => reject(new Error(`the driver ended: ${code}`)));
  });
  gone.catch(() => {});
  const ask = async (method, path, body) => {
    const init = { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) };
    const asked = fetch(`http://127.0.0.1:${port}/${path}`, { ...init, signal: AbortSignal.timeout(60_000) });
    const { value } = await (await Promise.race([asked, gone])).json();
    if (value?.error) throw new Error(`${value.error}: ${value.message}`);
    return value;
  };
  try {
    await until(30_000, () => ask("GET", "status").then(() => true, () => undefined));
    const { sessionId } = await ask("POST", "session", { capabilities: { alwaysMatch: wishes } });
    return {
      tell: (command, body = {}) => ask("POST", `session/${sessionId}/${command}`, body),
      async end() {
        await ask("DELETE", `session/${sessionId}`).catch(() => {});
        driver.kill();
      },
    };
  } catch (error) {
    driver.kill();
    throw error;
  }
}

/** What `look` gives once that is something; undefined after so many milliseconds. */
async function until(milliseconds, look) {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) {
    const seen = await look();
    if (seen !== undefined && seen !== null) return seen;
    await pause(100);
  }
  return undefined;
}

const { base, close } = await open(folder, origin);

/** Every place; gives how many cases passed and how many failed. */
async function play() {
  const browser = await drive();
  const found = () => until(120_000, () => browser.tell("execute/sync", { script: "return window.found ?? null", args: [] }));
  let [passed, failed] = [0, 0];
  try {
    for (const place of ["page", "without-parts", "without-scripts", "worker", "shared"]) {
      await browser.tell("url", { url: `${base}/${place}.html` });
      const { count = 0, failures } = (await found()) ?? { failures: ["it does not end"] };
      for (const failure of failures) console.log(`FAILED in ${place}: ${failure}`);
      failed += failures.length;
      passed += Math.max(0, count - failures.length);
      console.log(`${place}: ${count} cases, ${failures.length} failed`);
    }
    await browser.tell("url", { url: `${base}/reload.html` });
    assert.deepEqual(await found(), FIRST);
    await browser.tell("refresh");
    assert.deepEqual(await found(), SECOND);
    passed += 1;
  } finally {
    await browser.end();
  }
  return [passed, failed];
}

let [passed, failed] = [0, 0];
try {
  [passed, failed] = await play().catch((error) => {
    // A browser's own crash is no case's failure, unless it comes again.
    if (!String(error).includes("page crash")) throw error;
    console.log(`the browser crashed: once more (${error})`);
    return play();
  });
} finally {
  close();
}
console.log(`# pass ${passed}\n# fail ${failed}`);
process.exit(failed === 0 ? 0 : 1);
