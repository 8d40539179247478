// @ts-check
/** A headless Chromium with the page in it, and what it complained of. */

import { createRequire } from "node:module";

/** @import { Browser, BrowserContextOptions, Page } from "playwright-core" */

/** Nothing but loopback: no updates, no telemetry, no first-run pages. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What a test is told by those who start it. @param {string} name */
export function told(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

/** @returns {Promise<Browser>} */
export async function launch() {
  const require = createRequire(`${told("PAGE_NODE_MODULES")}/`);
  /** @type {typeof import("playwright-core")} */
  const { chromium } = require("playwright-core");
  return chromium.launch({ executablePath: told("PAGE_CHROMIUM"), headless: true, args: FLAGS });
}

/**
 * Opens the page and waits until it has come alive.
 * @param {Browser} browser
 * @param {BrowserContextOptions} [options]
 */
export async function open(browser, options) {
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  const page = await context.newPage();
  const complaints = watch(page);
  await page.addInitScript(observeShifts);
  await page.goto(told("PAGE_URL"));
  await page.waitForSelector("body[data-ready]");
  return { page, context, complaints };
}

/** Collects errors of the page and of its console. @param {Page} page */
function watch(page) {
  /** @type {string[]} */
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`page: ${error.message}`));
  page.on("crash", () => complaints.push("page: it crashed"));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()} ${message.location().url}`);
  });
  return complaints;
}

/** In the page, before its own code: adds up what moves without a reason. */
function observeShifts() {
  Object.assign(window, { shifted: 0 });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { value, hadRecentInput } = /** @type {PerformanceEntry & { value: number, hadRecentInput: boolean }} */ (entry);
      if (!hadRecentInput) /** @type {any} */ (window).shifted += value;
    }
  }).observe({ type: "layout-shift", buffered: true });
}
