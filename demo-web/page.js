// @ts-check
/** The page: it brings its parts to life, in the order in which they are seen. */

import init, { capabilities } from "urlsession";
import { fillCapabilities } from "./capability-table.js";
import { DelegateLog } from "./delegate-log.js";
import { bytes, duration } from "./figures.js";
import { Recipes } from "./recipes.js";
import { TaskList } from "./tasks.js";

/** @import { SessionDelegate } from "urlsession" */

const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

const loading = performance.now();
const loaded = init();

const live = new TaskList(part("live"), summary);
const log = new DelegateLog(part("log"));
part("log-clear").addEventListener("click", () => log.clear());

const sections = new Map(
  [...document.querySelectorAll("section:has([data-recipe])")].map((section) => [
    section.id,
    new Recipes(/** @type {HTMLElement} */ (section), watch, loaded),
  ]),
);

themes();
whereWeAre();
copying();
allAtOnce();
void sections.get("start")?.run();
try {
  await loaded;
  facts(performance.now() - loading);
  fillCapabilities(part("capability-rows"), capabilities());
  document.body.dataset.ready = "";
} catch (error) {
  part("live-summary").textContent = `The module cannot be loaded: ${error}`;
}

/**
 * The delegate of every session on this page: it lists the tasks, here and in a list of the section's own, and keeps the log.
 * @param {SessionDelegate} delegate
 * @param {() => TaskList | undefined} own
 */
function watch(delegate, own) {
  return log.watch({
    ...delegate,
    sessionDidCreateTask(task) {
      for (const list of [live, own()]) list?.add(task);
      return delegate.sessionDidCreateTask?.(task);
    },
    downloadTaskDidResumeAtOffset(task, offset, expected) {
      for (const list of [live, own()]) list?.resumed(task, offset);
      return delegate.downloadTaskDidResumeAtOffset?.(task, offset, expected);
    },
  });
}

function summary() {
  const counts = [
    [live.count("running"), "running"],
    [live.count("suspended"), "suspended"],
    [live.count("done"), "finished"],
    [live.count("failed"), "failed"],
  ];
  const words = counts.filter(([count]) => count).map(([count, word]) => `${count} ${word}`);
  part("live-summary").textContent = words.join(", ") || "None yet";
}

function allAtOnce() {
  document.querySelector(".live .foot")?.addEventListener("click", ({ target }) => {
    const act = target instanceof HTMLElement ? target.dataset.all : undefined;
    if (act === "clear") return live.clear();
    if (act !== "suspend" && act !== "resume" && act !== "cancel") return;
    for (const task of live.tasks) {
      if (task.state === (act === "resume" ? "suspended" : "running") || (act === "cancel" && task.state === "suspended")) task[act]();
    }
  });
}

/** @param {number} ready in how many milliseconds the module was */
function facts(ready) {
  const module = performance.getEntriesByType("resource").find(({ name }) => name.endsWith(".wasm"));
  if (module instanceof PerformanceResourceTiming) part("fact-size").textContent = bytes(module.decodedBodySize);
  part("fact-ready").textContent = duration(ready);
  part("fact-engine").textContent = engine();
}

function engine() {
  const found = /(?:Firefox|Chrome|Version)\/(\d+)/.exec(navigator.userAgent);
  const name = navigator.userAgent.includes("Firefox") ? "Firefox" : navigator.userAgent.includes("Chrome") ? "Chromium" : "WebKit";
  return found ? `${name} ${found[1]}` : name;
}

function themes() {
  const root = document.documentElement;
  for (const choice of document.querySelectorAll('[name="theme"]')) {
    const input = /** @type {HTMLInputElement} */ (choice);
    input.checked = input.value === root.dataset.theme;
    input.addEventListener("change", () => {
      root.dataset.theme = input.value;
      localStorage.setItem("theme", input.value);
    });
  }
}

/** Marks the link to the section that is being read. */
function whereWeAre() {
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.getAttribute("href")?.slice(1), link]));
  const watching = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const link = links.get(target.id);
        if (isIntersecting) link?.setAttribute("aria-current", "true");
        else link?.removeAttribute("aria-current");
      }
    },
    { rootMargin: "-40% 0px -59% 0px" },
  );
  for (const id of links.keys()) if (id) watching.observe(part(id));
}

function copying() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const text = /** @type {HTMLElement} */ (button).dataset.copy ?? "";
      const done = await navigator.clipboard.writeText(text).then(() => "Copied", () => "Not allowed");
      button.textContent = done;
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
  }
}
