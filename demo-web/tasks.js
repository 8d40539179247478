// @ts-check
/** Tasks as rows of a list: progress, state, speed, and what can be done with them. */

import { bytes, left } from "./figures.js";

/** @import { Task } from "urlsession" */

/** Rows of a list beyond which the oldest that have finished go. */
const ROWS = 60;

/** What a row says of the task's state. */
const WORDS = {
  suspended: "Suspended",
  running: "Running",
  canceling: "Cancelling",
  done: "Finished",
  cancelled: "Cancelled",
  failed: "Failed",
};

/** A list of tasks, the latest first. */
export class TaskList {
  /** @type {Map<Task, TaskRow>} */
  #rows = new Map();

  /**
   * @param {HTMLElement} list
   * @param {() => void} changed called when a task came, went, or is in another state
   */
  constructor(list, changed = () => {}) {
    this.list = list;
    this.changed = changed;
  }

  /** Enters a task. @param {Task} task */
  add(task) {
    if (this.#rows.has(task)) return;
    const row = new TaskRow(task, this.changed);
    this.#rows.set(task, row);
    this.list.prepend(row.item);
    if (this.#rows.size > ROWS) this.#forget(1);
    this.changed();
  }

  /** Notes that a download goes on with so many bytes. @param {Task} task @param {number} offset */
  resumed(task, offset) {
    this.#rows.get(task)?.goOn(offset);
  }

  /** Every task in the list. */
  get tasks() {
    return [...this.#rows.keys()];
  }

  /** How many are in this state. @param {keyof typeof WORDS} state */
  count(state) {
    return [...this.#rows.values()].filter((row) => row.state === state).length;
  }

  /** Takes out those that have finished. */
  clear() {
    this.#forget(this.#rows.size);
    this.changed();
  }

  /** @param {number} most */
  #forget(most) {
    for (const [task, row] of this.#rows) {
      if (most > 0 && task.state === "completed") {
        row.item.remove();
        this.#rows.delete(task);
        most -= 1;
      }
    }
  }
}

/** One task's row; it draws itself at most once a frame. */
class TaskRow {
  #due = false;
  #kept = 0;

  /**
   * @param {Task} task
   * @param {() => void} changed
   */
  constructor(task, changed) {
    this.task = task;
    this.changed = changed;
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("task"));
    const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    this.item = /** @type {HTMLElement} */ (copy.firstElementChild);
    this.name = nameOf(task);
    this.#part("title").append(Object.assign(document.createElement("b"), { textContent: methodOf(task) }), this.name);
    this.#part("title").title = this.name;
    this.#part("progress").setAttribute("aria-label", this.name);
    for (const [act, word] of [["suspend", "Suspend"], ["resume", "Resume"], ["cancel", "Cancel"]]) {
      this.#button(act).setAttribute("aria-label", `${word} ${this.name}`);
      this.#button(act).title = word;
    }
    this.item.addEventListener("click", (event) => this.#act(event));
    for (const type of ["statechange", "progress", "response", "complete"]) {
      task.addEventListener(type, () => this.draw());
    }
    this.#paint();
  }

  /** What the row shows: the task's state, or how it ended. @returns {keyof typeof WORDS} */
  get state() {
    const { state, error } = this.task;
    if (state !== "completed") return state;
    return !error ? "done" : error.code === "cancelled" ? "cancelled" : "failed";
  }

  /** It has so many bytes from before. @param {number} offset */
  goOn(offset) {
    this.#kept = offset;
    this.draw();
  }

  /** Draws the row anew with the next frame. */
  draw() {
    if (this.#due) return;
    this.#due = true;
    // A page that is not seen has no frames, but a list that is right when it is seen again.
    const soon = document.hidden ? queueMicrotask : requestAnimationFrame;
    soon(() => {
      this.#due = false;
      this.#paint();
    });
  }

  #paint() {
    const state = this.state;
    if (this.item.dataset.state !== state) {
      this.item.dataset.state = state;
      this.#part("state").textContent = WORDS[state];
      this.#button("suspend").hidden = state !== "running";
      this.#button("resume").hidden = state !== "suspended";
      this.#button("cancel").hidden = !["running", "suspended"].includes(state);
      queueMicrotask(this.changed);
    }
    const { fraction, total } = this.task.progress;
    const bar = /** @type {HTMLProgressElement} */ (this.#part("progress"));
    if (state === "done") bar.value = 1;
    else if (total != null) bar.value = fraction;
    else if (state !== "running") bar.value = 0;
    else bar.removeAttribute("value");
    if (this.#kept > 0 && total) {
      this.item.classList.add("kept");
      this.item.style.setProperty("--kept", `${(100 * this.#kept) / total}%`);
    }
    this.#part("figures").textContent = this.#figures(state);
  }

  /** @param {keyof typeof WORDS} state */
  #figures(state) {
    const { completed, total, throughput, remaining } = this.task.progress;
    if (state === "failed") return `${bytes(completed)} · ${this.task.error?.code}`;
    const parts = [total && total !== completed ? `${bytes(completed)} of ${bytes(total)}` : bytes(completed)];
    if (state === "running" && throughput) parts.push(`${bytes(throughput)}/s`);
    if (state === "running" && remaining) parts.push(left(remaining));
    if (state === "done" && this.task.response) parts.push(String(this.task.response.status));
    return parts.join(" · ");
  }

  /** @param {Event} event */
  #act(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const act = button?.dataset.act;
    if (act !== "suspend" && act !== "resume" && act !== "cancel") return;
    this.task[act]();
    this.#paint();
    // The button that was pressed may be gone; who works by keyboard goes on with the one in its place.
    if (button?.hidden) this.#button(act === "suspend" ? "resume" : "suspend").focus();
  }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLElement} */ (this.item.querySelector(name === "progress" ? name : `.${name}`));
  }

  /** @param {string} act */
  #button(act) {
    return /** @type {HTMLButtonElement} */ (this.item.querySelector(`[data-act="${act}"]`));
  }
}

/** @param {Task} task */
function methodOf(task) {
  return task.originalRequest.method;
}

/** What a task is called: its URL, without what this page adds to it. @param {Task} task */
export function nameOf(task) {
  const { url } = task.originalRequest;
  const own = url.startsWith(location.origin) ? url.slice(location.origin.length) : url;
  return decoded(own.replace(/[?&]fresh=[^&]*/, ""));
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
