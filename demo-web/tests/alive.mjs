// @ts-check
/** Loads the page once and sees whether it comes alive: the tasks it starts with finish. */

import { launch, open } from "./browser.mjs";

const browser = await launch();
try {
  const { page, complaints } = await open(browser);
  await page.waitForSelector('#start .stage[data-state="done"]');
  const tasks = await page.innerText("#live-summary");
  if (complaints.length) throw new Error(complaints.join("\n"));
  console.log(`the page is alive in Chromium ${browser.version()}: ${tasks}`);
} finally {
  await browser.close();
}
