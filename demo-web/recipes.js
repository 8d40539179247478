// @ts-check
/** The code on the page: it is shown, may be edited, and is run as it stands. */

import * as urlsession from "urlsession";
import { duration } from "./figures.js";
import { highlight } from "./highlight.js";
import * as scope from "./scope.js";
import { TaskList, nameOf } from "./tasks.js";
import { drawWaterfall } from "./waterfall.js";

/** @import { SessionConfiguration, SessionDelegate, TaskMetrics } from "urlsession" */
/** @typedef {(delegate: SessionDelegate, own: () => TaskList | undefined) => SessionDelegate} Watch */

/** Makes a section's code editable and gives it a place to run and to show what it does. */
export class Recipes {
  /** @type {Map<HTMLElement, string>} */
  #written = new Map();
  #runs = 0;
  /** @type {urlsession.Session | undefined} the session that the section's code finds */
  #session;
  /** @type {urlsession.Session[]} those that it made itself */
  #sessions = [];
  /** @type {string[]} */
  #rows = [];

  /**
   * @param {HTMLElement} section
   * @param {Watch} watch
   * @param {Promise<void>} loaded when the module is
   */
  constructor(section, watch, loaded) {
    this.section = section;
    this.watch = watch;
    this.loaded = loaded;
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("stage"));
    const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    this.stage = /** @type {HTMLElement} */ (copy.firstElementChild);
    const title = section.querySelector("h2")?.textContent ?? "";
    this.stage.setAttribute("aria-label", `${title}: run it`);
    this.#part(".run").setAttribute("aria-label", `Run: ${title}`);
    this.tasks = new TaskList(this.#part(".tasks"));
    section.querySelector(".words")?.after(this.stage);
    for (const pre of this.#recipes) this.#prepare(pre);
    this.#choose();
    section.addEventListener("change", () => this.#choose());
    this.#part(".run").addEventListener("click", () => void this.run());
    this.#part("[data-restore]").addEventListener("click", () => this.#restore());
  }

  /** Runs the chosen recipe, its text as it stands. */
  async run() {
    const run = (this.#runs += 1);
    const code = this.#code;
    this.#clear();
    this.#say("running", "Running");
    const began = performance.now();
    try {
      await this.loaded;
      if (run !== this.#runs) return;
      await compiled(code.textContent ?? "", this.#scope(run));
      if (run === this.#runs) this.#say("done", `Done in ${duration(performance.now() - began)}`);
    } catch (error) {
      if (run !== this.#runs) return;
      this.#show(run, error instanceof urlsession.SessionError ? error.code : "Error", [error instanceof Error ? error.message : error]);
      this.#say("failed", `Failed after ${duration(performance.now() - began)}`);
    }
  }

  get #recipes() {
    return /** @type {HTMLElement[]} */ ([...this.section.querySelectorAll("[data-recipe]")]);
  }

  get #code() {
    const chosen = this.#recipes.find((pre) => pre.matches(".chosen"));
    return /** @type {HTMLElement} */ (chosen?.querySelector("code"));
  }

  /** @param {HTMLElement} pre */
  #prepare(pre) {
    const code = /** @type {HTMLElement} */ (pre.querySelector("code"));
    this.#written.set(code, code.textContent ?? "");
    code.contentEditable = "plaintext-only";
    code.spellcheck = false;
    code.tabIndex = 0;
    code.setAttribute("role", "textbox");
    code.setAttribute("aria-multiline", "true");
    code.setAttribute("aria-label", `Code of ${pre.dataset.recipe}`);
    code.addEventListener("input", () => {
      highlight(code);
      this.#edited();
    });
    highlight(code);
  }

  #choose() {
    const choice = /** @type {HTMLInputElement | null} */ (this.section.querySelector(".choice :checked"));
    for (const pre of this.#recipes) {
      pre.classList.toggle("chosen", !choice || pre.dataset.recipe === choice.value);
    }
    this.#edited();
  }

  #edited() {
    this.#part("[data-restore]").hidden = this.#code.textContent === this.#written.get(this.#code);
  }

  #restore() {
    const code = this.#code;
    code.textContent = this.#written.get(code) ?? "";
    highlight(code);
    this.#edited();
    this.#part(".run").focus();
  }

  #clear() {
    for (const session of this.#sessions) session.invalidateAndCancel();
    this.#sessions = [];
    for (const task of this.tasks.tasks) task.cancel();
    this.#rows = [];
    this.#part(".offer a")?.dispatchEvent(new Event("gone"));
    for (const place of [".tasks", ".drawing", ".shown thead", ".shown tbody", ".offer"]) this.#part(place).replaceChildren();
    this.tasks = new TaskList(this.#part(".tasks"));
  }

  /**
   * What the code can call. The sessions that it makes are invalidated when it runs again.
   * @param {number} run
   */
  #scope(run) {
    const made = this.#sessions;
    const watched = (/** @type {SessionDelegate} */ delegate = {}) =>
      this.watch(delegate, () => (made === this.#sessions ? this.tasks : undefined));
    class WatchedSession extends urlsession.Session {
      /**
       * @param {SessionConfiguration} [configuration]
       * @param {SessionDelegate} [delegate]
       */
      constructor(configuration, delegate) {
        super(configuration, watched(delegate));
        made.push(this);
      }
    }
    this.#session ??= new urlsession.Session({}, this.watch({}, () => this.tasks));
    const input = /** @type {HTMLInputElement | null} */ (this.section.querySelector("input[type=file]"));
    const { default: _, ...library } = urlsession;
    return {
      ...library,
      ...scope,
      Session: WatchedSession,
      session: this.#session,
      chosenFile: input?.files?.[0],
      show: (/** @type {unknown} */ label, /** @type {unknown[]} */ ...cells) => this.#show(run, label, cells),
      waterfall: (/** @type {TaskMetrics[]} */ all) => this.#waterfall(run, all),
      offer: (/** @type {Blob} */ file, /** @type {string} */ name) => this.#offer(run, file, name),
    };
  }

  /**
   * A row: one that has this label already, or another.
   * @param {number} run
   * @param {unknown} label
   * @param {unknown[]} cells
   */
  #show(run, label, cells) {
    if (run !== this.#runs) return;
    const body = /** @type {HTMLTableSectionElement} */ (this.#part(".shown tbody"));
    const known = this.#rows.indexOf(String(label));
    const row = known < 0 ? body.insertRow() : body.rows[known];
    if (known < 0) this.#rows.push(String(label));
    if (body.rows.length === 1) this.#head();
    const head = Object.assign(document.createElement("th"), { scope: "row", textContent: String(label) });
    row.replaceChildren(head, ...cells.map((cell) => Object.assign(document.createElement("td"), { textContent: String(cell) })));
  }

  /** Names the columns, where the recipe has names for them. */
  #head() {
    const names = this.#code.parentElement?.dataset.heads?.split(",");
    if (!names) return;
    const row = document.createElement("tr");
    row.append(...names.map((name) => Object.assign(document.createElement("th"), { scope: "col", textContent: name })));
    this.#part(".shown thead").replaceChildren(row);
  }

  /**
   * @param {number} run
   * @param {TaskMetrics[]} all
   */
  #waterfall(run, all) {
    if (run !== this.#runs) return;
    const names = new Map(this.tasks.tasks.map((task) => [task.metrics, nameOf(task)]));
    const rows = all.map((metrics) => ({ name: names.get(metrics) ?? "", metrics }));
    this.#part(".tasks").replaceChildren();
    drawWaterfall(this.#part(".drawing"), rows);
  }

  /**
   * @param {number} run
   * @param {Blob} file
   * @param {string} name
   */
  #offer(run, file, name) {
    if (run !== this.#runs) return;
    const href = URL.createObjectURL(file);
    const link = Object.assign(document.createElement("a"), { href, download: name, textContent: `Save ${name}` });
    link.addEventListener("gone", () => URL.revokeObjectURL(href), { once: true });
    this.#part(".offer").replaceChildren(link);
  }

  /**
   * @param {"running" | "done" | "failed"} state
   * @param {string} words
   */
  #say(state, words) {
    this.stage.dataset.state = state;
    this.#part(".status").textContent = words;
  }

  /** @param {string} selector */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.stage.querySelector(selector));
  }
}

/**
 * Runs code as the body of an async function that sees these names.
 * @param {string} code
 * @param {Record<string, unknown>} names
 * @returns {Promise<void>}
 */
function compiled(code, names) {
  // A function within a function: code may declare a `session` of its own.
  const run = new Function(...Object.keys(names), `"use strict"; return (async () => {\n${code}\n})();`);
  return run(...Object.values(names));
}
