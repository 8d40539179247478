// @ts-check
/** A delegate that writes down what it is told and asked, and has another delegate answer. */

import { bytes, duration } from "./figures.js";
import { nameOf } from "./tasks.js";

/** @import { SessionDelegate } from "urlsession" */

/** Lines of the log beyond which the oldest go. */
const LINES = 300;

/** What is written down. What comes with every chunk is not. */
const METHODS = /** @type {const} */ ([
  "sessionDidBecomeInvalid",
  "sessionDidCreateTask",
  "taskDidReceiveResponse",
  "taskWillPerformHTTPRedirection",
  "taskIsWaitingForConnectivity",
  "taskWillRetry",
  "dataTaskWillCacheResponse",
  "downloadTaskDidResumeAtOffset",
  "taskDidFinishCollectingMetrics",
  "taskDidComplete",
]);

export class DelegateLog {
  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
  }

  /**
   * The delegate, its calls written down.
   * @param {SessionDelegate} delegate
   * @returns {SessionDelegate}
   */
  watch(delegate) {
    /** @type {Record<string, Function>} */
    const watched = {};
    const own = /** @type {Record<string, Function | undefined>} */ (delegate);
    for (const method of METHODS) {
      // For this question a response is gathered whole, so it is asked only for those who answer it.
      if (!own[method] && method === "dataTaskWillCacheResponse") continue;
      watched[method] = (/** @type {unknown[]} */ ...given) => {
        this.#write(method, given);
        return own[method]?.apply(delegate, given);
      };
    }
    return /** @type {SessionDelegate} */ ({ ...delegate, ...watched });
  }

  clear() {
    this.list.replaceChildren();
  }

  /**
   * @param {string} method
   * @param {unknown[]} given
   */
  #write(method, given) {
    const line = document.createElement("li");
    const when = Object.assign(document.createElement("time"), { textContent: (performance.now() / 1000).toFixed(2) });
    const what = Object.assign(document.createElement("span"), { textContent: method });
    const about = Object.assign(document.createElement("span"), { textContent: given.map(told).filter(Boolean).join(" · ") });
    line.append(when, what, about);
    const { list } = this;
    const frame = /** @type {HTMLElement} */ (list.parentElement);
    const follows = frame.scrollHeight - frame.scrollTop - frame.clientHeight < 40;
    list.append(line);
    if (list.childElementCount > LINES) list.firstElementChild?.remove();
    if (follows) frame.scrollTop = frame.scrollHeight;
  }
}

/** What the log says of one thing that the delegate was given. @param {any} given */
function told(given) {
  if (given == null) return "";
  if (typeof given === "number") return bytes(given);
  if (given instanceof Error) return `${"code" in given ? given.code : given.name}`;
  if (given.taskInterval) return duration(given.taskInterval.end - given.taskInterval.start);
  if ("originalRequest" in given) return `task ${given.id} ${nameOf(given)}`;
  if ("status" in given) return `${given.status}`;
  return "";
}
