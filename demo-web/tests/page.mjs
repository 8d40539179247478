// @ts-check
/**
 * The page, end to end, with the package as it is shipped. Told by the environment: PAGE_URL, PAGE_CHROMIUM, PAGE_NODE_MODULES (with
 * playwright-core) and PAGE_PICTURES, the folder that screenshots go to.
 */

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { launch, open, told } from "./browser.mjs";
import { EXPECTED } from "./recipes.mjs";

/** @import { Browser, Page } from "playwright-core" */

/** Longer than anything here takes on a busy machine: what takes longer hangs. */
const LIMIT = { timeout: 120_000 };

/** @typedef {{ colorScheme: "light" | "dark", viewport: { width: number, height: number }, deviceScaleFactor: number, hasTouch: boolean }} Place */

const DESKTOP = { viewport: { width: 1280, height: 860 }, deviceScaleFactor: 1, hasTouch: false };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true };

/** @type {Record<string, Place>} */
const PLACES = {
  "light-desktop": { colorScheme: "light", ...DESKTOP },
  "dark-phone": { colorScheme: "dark", ...PHONE },
  "dark-desktop": { colorScheme: "dark", ...DESKTOP },
  "light-phone": { colorScheme: "light", ...PHONE },
};

/** Where every recipe is run; the others are looked at. */
const THOROUGH = ["light-desktop", "dark-phone"];

/** @type {Browser} */
let browser;

before(async () => {
  await mkdir(told("PAGE_PICTURES"), { recursive: true });
  browser = await launch();
});
after(() => browser?.close());

for (const [name, place] of Object.entries(PLACES)) {
  describe(name, () => {
    /** @type {Awaited<ReturnType<typeof open>>} */
    let opened;
    before(async () => void (opened = await open(browser, place)));
    after(() => opened?.context.close());

    test("it comes alive by itself and moves nothing while it does", LIMIT, async () => {
      const { page } = opened;
      await finished(page, "start");
      await picture(page, `${name}-top`);
      const shifted = await page.evaluate(() => /** @type {any} */ (window).shifted);
      assert.ok(shifted < 0.02, `what moved: ${shifted}`);
    });

    if (THOROUGH.includes(name)) {
      for (const [section, recipes] of Object.entries(EXPECTED)) {
        for (const [recipe, { check, complaint }] of Object.entries(recipes)) {
          test(`${section}: ${recipe}`, LIMIT, async () => {
            const { page, complaints } = opened;
            await choose(page, section, recipe);
            await run(page, section);
            const state = await finished(page, section);
            const outcome = await shown(page, section);
            const unexpected = complaints.splice(0).filter((text) => !complaint?.test(text));
            assert.equal(state, "done", JSON.stringify(outcome.rows));
            check(outcome);
            assert.deepEqual(unexpected, []);
          });
        }
      }
    }

    test("it is as wide as its window, and each section is taken a picture of", LIMIT, async () => {
      const { page } = opened;
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${over} pixels too wide`);
      for (const section of await page.locator("main > section").all()) {
        const id = (await section.getAttribute("id")) ?? "hero";
        await section.screenshot({ path: `${told("PAGE_PICTURES")}/${name}-${id}.png`, animations: "disabled" });
      }
    });

    test("nothing is complained of", () => assert.deepEqual(opened.complaints, []));
  });
}

describe("one by one", () => {
  /** @type {Awaited<ReturnType<typeof open>>} */
  let opened;
  /** @type {Page} */
  let page;
  before(async () => {
    opened = await open(browser, PLACES["light-desktop"]);
    ({ page } = opened);
    await finished(page, "start");
  });
  after(() => opened?.context.close());

  test("a task is suspended, resumed and cancelled by its buttons", LIMIT, async () => {
    await choose(page, "start", "one");
    await run(page, "start");
    const task = page.locator("#start .task").first();
    const state = task.locator(".state");
    await task.getByRole("button", { name: "Suspend" }).click();
    assert.equal(await state.textContent(), "Suspended");
    await task.getByRole("button", { name: "Resume" }).click();
    assert.equal(await state.textContent(), "Running");
    await task.getByRole("button", { name: "Cancel" }).click();
    assert.equal(await finished(page, "start"), "failed");
    assert.equal(await state.textContent(), "Cancelled");
  });

  test("all tasks are suspended and resumed at once, and those that have ended cleared away", LIMIT, async () => {
    await choose(page, "start", "several");
    await run(page, "start");
    await page.waitForSelector("#start .task:nth-child(4)");
    await page.getByRole("button", { name: "Suspend all" }).click();
    await page.waitForFunction(() => document.querySelectorAll('#live [data-state="suspended"]').length === 4);
    await page.getByRole("button", { name: "Resume all" }).click();
    assert.equal(await finished(page, "start"), "done");
    await page.getByRole("button", { name: "Clear finished" }).click();
    await page.waitForFunction(() => document.querySelectorAll("#live .task").length === 0);
    assert.equal(await page.innerText("#live-summary"), "None yet");
  });

  test("the waterfall has a row for each transfer, and says so in words", LIMIT, async () => {
    await run(page, "metrics");
    await finished(page, "metrics");
    await page.waitForSelector("#metrics .drawing rect.receiving");
    assert.equal(await page.locator("#metrics .drawing .name").count(), 8);
    const words = await page.locator("#metrics .drawing svg").getAttribute("aria-label");
    assert.match(words ?? "", /^Waterfall of 8 transfers: \/json \d/);
  });

  test("what was downloaded can be saved, whole", LIMIT, async () => {
    await run(page, "download");
    await finished(page, "download");
    assert.equal(await page.locator("#download .task.kept").count(), 1);
    const [saved] = await Promise.all([page.waitForEvent("download"), page.click("#download .offer a")]);
    assert.equal(saved.suggestedFilename(), "pattern.bin");
    const content = await readFile(await saved.path());
    assert.equal(content.length, 24_000_000);
    assert.ok(content.every((byte, place) => byte === place % 251));
    assert.match(opened.complaints.splice(0).join("\n"), EXPECTED.download.resumed.complaint ?? /never/);
  });

  test("a file that the user chose is what is uploaded", LIMIT, async () => {
    const file = { name: "chosen.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(3_000_000, 7) };
    await page.setInputFiles("#upload-file", file);
    await run(page, "upload");
    await finished(page, "upload");
    const { rows } = await shown(page, "upload");
    assert.deepEqual(rows.at(-1), ["server received", "3 MB", "all of it"]);
  });

  test("without a network the error says so", LIMIT, async () => {
    await choose(page, "errors", "offline");
    await opened.context.setOffline(true);
    try {
      await run(page, "errors");
      assert.equal(await finished(page, "errors"), "done");
    } finally {
      await opened.context.setOffline(false);
    }
    const { rows } = await shown(page, "errors");
    assert.deepEqual(rows[0], ["notConnectedToInternet", "-1009"]);
    assert.match(opened.complaints.splice(0).join("\n"), /^console: .*net::ERR_INTERNET_DISCONNECTED \S+$/);
  });

  test("code that was changed is what runs, and can be put back", LIMIT, async () => {
    await choose(page, "redirects", "follow");
    const code = page.locator('#redirects [data-recipe="follow"] code');
    const written = await code.textContent();
    await code.fill('show("changed", 6 * 7);');
    await run(page, "redirects");
    await finished(page, "redirects");
    assert.deepEqual((await shown(page, "redirects")).rows, [["changed", "42"]]);
    await page.locator("#redirects").getByRole("button", { name: "Restore the code" }).click();
    assert.equal(await code.textContent(), written);
  });

  test("a mistake in the code is said, and harms nothing", LIMIT, async () => {
    await choose(page, "redirects", "follow");
    const code = page.locator('#redirects [data-recipe="follow"] code');
    await code.fill("nonsense(");
    await run(page, "redirects");
    assert.equal(await finished(page, "redirects"), "failed");
    await code.fill("throw null");
    await run(page, "redirects");
    assert.equal(await finished(page, "redirects"), "failed");
  });

  test("the log has the delegate's calls in their order, and can be cleared", LIMIT, async () => {
    await page.locator("#log-clear").click();
    await choose(page, "delegate", "asked");
    await run(page, "delegate");
    await finished(page, "delegate");
    const calls = await page.locator("#log li span:nth-child(2)").allTextContents();
    const ofTask = calls.filter((call) => call.startsWith("task"));
    assert.deepEqual(ofTask, ["taskDidReceiveResponse", "taskDidFinishCollectingMetrics", "taskDidComplete"]);
    assert.ok(calls.includes("sessionDidCreateTask"));
    await page.locator("#log-clear").click();
    assert.equal(await page.locator("#log li").count(), 0);
  });

  test("the table tells of every capability in words", LIMIT, async () => {
    const rows = await page.locator("#capability-rows tr").evaluateAll((all) => all.map((row) => [...row.children].map((each) => each.textContent)));
    assert.ok(rows.length >= 15, `${rows.length} rows`);
    for (const [name, , meaning] of rows) assert.ok(meaning, `${name} has a meaning`);
    assert.equal(rows.find(([name]) => name === "redirects")?.[1], "No");
  });

  test("the theme is the one that was chosen, and stays so", LIMIT, async () => {
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await paper();
    await page.locator('[name="theme"][value="dark"]').check({ force: true });
    const dark = await paper();
    assert.notEqual(dark, light);
    await page.reload();
    await page.waitForSelector("body[data-ready]");
    assert.equal(await paper(), dark);
    await page.locator('[name="theme"][value="system"]').check({ force: true });
    assert.equal(await paper(), light);
  });

  test("a keyboard reaches the content first, then whatever can be pressed", LIMIT, async () => {
    await page.reload();
    await page.waitForSelector("body[data-ready]");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.className), "skip");
    await page.locator("#metrics .run").focus();
    await page.keyboard.press("Enter");
    assert.equal(await finished(page, "metrics"), "done");
  });

  test("whatever can be pressed has a name", async () => {
    const nameless = await page.evaluate(() => {
      const all = [...document.querySelectorAll("button, a, input, [role=textbox]")];
      const named = (/** @type {Element} */ each) =>
        each.getAttribute("aria-label") || each.textContent?.trim() || /** @type {HTMLInputElement} */ (each).labels?.[0]?.textContent?.trim();
      return all.filter((each) => !named(each)).map((each) => each.outerHTML);
    });
    assert.deepEqual(nameless, []);
  });

  test("nothing is complained of", () => assert.deepEqual(opened.complaints, []));
});

/**
 * @param {Page} page
 * @param {string} section
 * @param {string} recipe
 */
async function choose(page, section, recipe) {
  const choice = page.locator(`[name="${section}"][value="${recipe}"]`);
  if (await choice.count()) await choice.check({ force: true });
}

/**
 * Starts the section's code anew, whatever it did before.
 * @param {Page} page
 * @param {string} section
 */
async function run(page, section) {
  await page.locator(`#${section} .run`).click();
}

/**
 * Waits for the section's code to end; how it did.
 * @param {Page} page
 * @param {string} section
 */
async function finished(page, section) {
  const stage = page.locator(`#${section} .stage:is([data-state="done"], [data-state="failed"])`);
  await stage.waitFor({ timeout: 60_000 });
  return stage.getAttribute("data-state");
}

/**
 * @param {Page} page
 * @param {string} section
 */
function shown(page, section) {
  return page.locator(`#${section} .stage`).evaluate((stage) => ({
    rows: [...stage.querySelectorAll(".shown tbody tr")].map((row) => [...row.children].map((each) => each.textContent ?? "")),
    states: [...stage.querySelectorAll(".task .state")].map((each) => each.textContent ?? ""),
    names: [...stage.querySelectorAll(".task .title")].map((each) => each.textContent ?? ""),
  }));
}

/**
 * @param {Page} page
 * @param {string} name
 */
async function picture(page, name) {
  await page.screenshot({ path: `${told("PAGE_PICTURES")}/${name}.png`, animations: "disabled" });
}
