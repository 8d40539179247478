// How the program speaks with the browser: waits, what is global, and exchanges by `fetch`. Nothing that comes from a page or a response is taken on
// trust: a page may replace `fetch`, and a service worker may answer anything. Nothing here throws: what went wrong is a number, and what was thrown is
// there to be had.

// # Waits
// Waiting for promises on behalf of the program's futures, be they the browser's or somebody's imitation.

/**
 * Wakes the program's future of this number.
 * @typedef {(future: number) => void} Wake
 */

/**
 * What wakes, by its place in the module's table.
 * @param {WebAssembly.Table} table
 * @param {number} at
 * @returns {Wake}
 */
export const wakeAt = (table, at) => table.get(at);

/**
 * Wakes a future once what runs now has ended, and whatever was to be woken before. To wait for nothing is what no page can replace, and takes a tenth of
 * `queueMicrotask`, which a browser has outside of its engine.
 * @param {Wake} wake
 * @param {number} future
 */
export async function soon(wake, future) {
  await undefined;
  wake(future);
}

/** Nothing was asked for. */
export const IDLE = 0;
/** A promise was listened to that has not settled. */
export const PENDING = 1;
export const FULFILLED = 2;
export const REJECTED = 3;

/** What a future waits for: one promise after another. */
export class Wait {
  state = IDLE;
  /**
   * What the last promise came to.
   * @type {any}
   */
  value = undefined;

  /**
   * @param {Wake | undefined} wake
   * @param {number} future
   */
  constructor(wake, future) {
    this.wake = wake;
    this.future = future;
  }

  /**
   * @param {number} state
   * @param {unknown} value
   */
  settle(state, value) {
    this.state = state;
    this.value = value;
    this.wake?.(this.future);
  }
}

/**
 * Waits for `promise`. Of what it calls the first counts; what it throws is a rejection.
 * @param {Wait} wait
 * @param {any} promise
 */
export function listen(wait, promise) {
  let isOpen = true;
  /** @param {number} state */
  const settling = (state) => (/** @type {unknown} */ value) => {
    if (isOpen) {
      isOpen = false;
      wait.settle(state, value);
    }
  };
  wait.state = PENDING;
  const rejected = settling(REJECTED);
  try {
    promise.then(settling(FULFILLED), rejected);
  } catch (thrown) {
    rejected(thrown);
  }
}

/**
 * What was waited for.
 * @param {Wait} wait
 */
export function take(wait) {
  const { value } = wait;
  wait.state = IDLE;
  wait.value = undefined;
  return value;
}

// # What is global
// What is global in a page, a worker and Node, taken as it is there when it is asked for: a page may have put anything in its place.

/** The monotonic clock in milliseconds; the wall clock where there is none. */
export function clock() {
  try {
    const now = Number(performance.now());
    return Number.isNaN(now) ? date() : now;
  } catch {
    return date();
  }
}

/** The wall clock in milliseconds since 1970. */
export const date = () => Date.now();

/** 32 bits of chance. Only a page that took `crypto` away gets what can be foreseen. */
export function chance() {
  const bits = new Uint32Array(1);
  try {
    crypto.getRandomValues(bits);
  } catch {
    bits[0] = Math.random() * 2 ** 32;
  }
  return bits[0];
}

/**
 * Settled after so many milliseconds; never where there are no timers.
 * @param {number} milliseconds
 * @param {Wake} wake
 * @param {number} future
 */
export function sleep(milliseconds, wake, future) {
  const wait = new Wait(wake, future);
  wait.state = PENDING;
  try {
    wait.value = setTimeout(() => wait.settle(FULFILLED, undefined), milliseconds);
  } catch {
    // There are no timers.
  }
  return wait;
}

/**
 * True until the time is over.
 * @param {Wait} sleep
 */
export const isSet = (sleep) => sleep.state === PENDING;

/**
 * Nobody waits for it any more.
 * @param {Wait} wait
 */
export function clear(wait) {
  wait.wake = undefined;
  try {
    clearTimeout(wait.value);
  } catch {
    // It fires, and wakes nobody.
  }
}

/**
 * The URL as the browser writes it; empty where it knows no such URL.
 * @param {string} text
 * @param {string} base None where it is empty.
 */
export function parse(text, base) {
  try {
    return String(new URL(text, base || undefined).href);
  } catch {
    return "";
  }
}

/** False where the browser says that it has no network. */
export function isOnline() {
  try {
    return navigator.onLine !== false;
  } catch {
    return true;
  }
}

/** True in Node, and in what else is no browser. */
export function isServer() {
  try {
    const { process, document, WorkerGlobalScope } = /** @type {any} */ (globalThis);
    return "node" in process.versions && document === undefined && WorkerGlobalScope === undefined;
  } catch {
    return false;
  }
}

/**
 * Name and message of what was thrown, with a colon and a blank between them. Anything can be: errors, text, `null`, proxies that throw when they are looked at.
 * @param {any} thrown
 */
export function describe(thrown) {
  if (typeof thrown === "string") return `string: ${thrown}`;
  /** @param {string} name */
  const member = (name) => {
    try {
      const text = thrown[name];
      return typeof text === "string" ? text : undefined;
    } catch {
      return undefined;
    }
  };
  return `${member("name") ?? (thrown === null ? "null" : typeof thrown)}: ${member("message") ?? ""}`;
}

// # Bytes
// Arrays of bytes, by what they say of themselves, and not what somebody has put over it.

/** @param {PropertyKey} name */
const getter = (name) => Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), name)?.get ?? (() => undefined);

const kind = getter(Symbol.toStringTag);
const length = getter("length");

/**
 * How many bytes it has; -1 for what is no `Uint8Array`.
 * @param {unknown} array
 * @returns {number}
 */
export const countOf = (array) => (kind.call(array) === "Uint8Array" ? length.call(array) : -1);

/**
 * A copy of these bytes of the program's memory.
 * @param {Uint8Array} memory
 */
export const arrayOf = (memory) => memory.slice();

/**
 * Copies its bytes into `memory`, which is as long; false where that cannot be.
 * @param {any} array
 * @param {Uint8Array} memory
 */
export function copyInto(array, memory) {
  try {
    memory.set(array);
    return true;
  } catch {
    return false;
  }
}

// # Exchanges
// By `fetch`, and bodies read from streams.

/** The body has ended. */
const END = 0;
/** Nothing has come yet: the future is woken. */
const WAIT = -1;
/** It failed with what was thrown. */
const THROWN = -2;
/** What came is no response, or no chunk of bytes. */
const MALFORMED = -3;
/** No request can be made of what was asked for; there is no stream, or another reads it. */
const UNMADE = -4;
/** A redirect, of which none may be followed. */
const REFUSED = -5;

/** One request and its response, or a stream that is read. */
export class Exchange extends Wait {
  /**
   * What ends it.
   * @type {{ abort(): void } | undefined}
   */
  controller = undefined;
  /** The URL that was asked for. */
  url = "";
  /**
   * What was asked for, as long as a second request may be made of it.
   * @type {RequestInit | undefined}
   */
  init = undefined;
  /** The request could be made, as far as is known. */
  isMade = false;
  /** What becomes of redirects, by the number of the word. */
  redirects = 0;
  /** @type {any} */
  response = undefined;
  /**
   * Where the response came from, in place of what it says itself.
   * @type {string | undefined}
   */
  from = undefined;
  /** @type {any} */
  headers = undefined;
  /** Content-Length, or -1. */
  length = -1;
  /** What is known of the length: bits, as `incoming.rs` names them. */
  traits = 0;
  /** @type {any} */
  reader = undefined;
  /**
   * What was read last.
   * @type {any}
   */
  chunk = undefined;

  /**
   * It has failed before anything came.
   * @param {unknown} thrown
   */
  fail(thrown) {
    this.state = REJECTED;
    this.value = thrown;
    return this;
  }
}

/**
 * What a request may say beside its method, body and fields, by members of `RequestInit`: four bits of its traits for each, which are 0 where nothing is said. The
 * words are in the order of `init.rs`.
 * @type {[string, string[]][]}
 */
const MEMBERS = [
  ["cache", ["no-store", "reload", "force-cache", "only-if-cached", "no-cache"]],
  ["priority", ["high", "auto", "low"]],
  // Those that are followed elsewhere, those that are refused and hidden, and those that are refused and shown.
  ["redirect", ["manual", "manual", "manual"]],
  ["credentials", ["omit", "same-origin", "include"]],
  [
    "referrerPolicy",
    [
      "no-referrer",
      "no-referrer-when-downgrade",
      "origin-when-cross-origin",
      "same-origin",
      "origin",
      "strict-origin",
      "strict-origin-when-cross-origin",
      "unsafe-url",
    ],
  ],
];
const REDIRECTS = 8;
const HIDDEN = 2;
const SHOWN = 3;
const KEEPS_ALIVE = 1 << 20;
const IS_STREAM = 1 << 21;

/**
 * What a request says, in lines (its URL, its method, a name and a value for each header field) and by its traits.
 * @param {string} text
 * @param {number} traits
 */
export function requestOf(text, traits) {
  const [url = "", method, ...lines] = text.split("\n");
  /** @type {Record<string, unknown>} */
  const init = { method };
  MEMBERS.forEach(([name, words], at) => {
    const word = words[((traits >> (at * 4)) & 15) - 1];
    if (word !== undefined) init[name] = word;
  });
  if (init["cache"] === "only-if-cached") init["mode"] = "same-origin";
  if (traits & KEEPS_ALIVE) init["keepalive"] = true;
  /** @type {[string, string][]} */
  const fields = [];
  for (let at = 0; at + 1 < lines.length; at += 2) fields.push([lines[at] ?? "", lines[at + 1] ?? ""]);
  if (fields.length > 0) init["headers"] = fields;
  return { url, init: /** @type {RequestInit} */ (init), fields };
}

/**
 * Looks at requests before they go, where somebody wants that; what it throws is their failure.
 * @type {{ look?: (url: string, init: RequestInit, fields: [string, string][]) => void }}
 */
export const watching = {};

/**
 * Begins an exchange, of which `head` tells.
 * @param {string} text The request's lines.
 * @param {number} traits
 * @param {any} body Its body, or `undefined`.
 * @param {Wake} wake
 * @param {number} future
 */
export function begin(text, traits, body, wake, future) {
  const exchange = new Exchange(wake, future);
  try {
    const { url, init, fields } = requestOf(text, traits);
    watching.look?.(url, init, fields);
    const controller = new AbortController();
    init.signal = controller.signal;
    if (body !== undefined) init.body = body;
    if (traits & IS_STREAM) Object.assign(init, { duplex: "half" });
    Object.assign(exchange, { url, init, controller, redirects: (traits >> REDIRECTS) & 15, isMade: true });
  } catch (thrown) {
    return exchange.fail(thrown);
  }
  try {
    listen(exchange, fetch(exchange.url, exchange.init));
  } catch (thrown) {
    exchange.fail(thrown);
  }
  // A stream that was begun makes no second request.
  if (traits & IS_STREAM) exchange.init = undefined;
  return exchange;
}

/**
 * The status that has come, 0 for one that is none, or why there is none.
 * @param {Exchange} exchange
 */
export function head(exchange) {
  if (exchange.state === PENDING) return WAIT;
  const { init } = exchange;
  exchange.init = undefined;
  if (exchange.state === REJECTED) return exchange.isMade && isMakeable(exchange.url, init) ? THROWN : UNMADE;
  exchange.response = take(exchange);
  try {
    return statusOf(exchange);
  } catch {
    return MALFORMED;
  }
}

/**
 * True where the browser makes a request of it: else it was asked for wrongly.
 * @param {string} url
 * @param {RequestInit | undefined} init
 */
function isMakeable(url, init) {
  try {
    return init === undefined || new Request(url, init) !== undefined;
  } catch {
    return false;
  }
}

/** @param {Exchange} exchange */
function statusOf(exchange) {
  const { response, redirects } = exchange;
  const { status } = response;
  if (typeof status !== "number") return MALFORMED;
  const type = text(response, "type");
  if (redirects >= HIDDEN && type === "opaqueredirect") return REFUSED;
  if (!(status >= 100 && status < 1000)) return 0;
  const { headers } = response;
  if (redirects === SHOWN && status >= 300 && status < 400 && headers.get("location") !== null) return REFUSED;
  exchange.headers = headers;
  exchange.length = number(headers.get("content-length"));
  const coding = headers.get("content-encoding");
  // By Transfer-Encoding the body is of another length (RFC 9112, section 6.3). Where fields may be hidden, so may be what says so.
  const isOwn = exchange.length >= 0 && type === "basic" && coding === null && headers.get("transfer-encoding") === null;
  exchange.traits = Number(coding !== null && coding !== "identity") | (Number(isOwn) << 1);
  return status;
}

/** @param {unknown} length */
const number = (length) => (typeof length === "string" && /^\d+$/.test(length) ? Number(length) : -1);

/**
 * A property that is text; `undefined` where it is none, or throws.
 * @param {any} object
 * @param {string} name
 */
function text(object, name) {
  try {
    const value = object[name];
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @param {Exchange} exchange */
export const lengthOf = (exchange) => exchange.length;

/** @param {Exchange} exchange */
export const traitsOf = (exchange) => exchange.traits;

/**
 * The URL that the response came from; empty where it is the one that was asked for, or none is told, as of a response that a script made.
 * @param {Exchange} exchange
 */
export function movedTo({ response, url, from = text(response, "url") }) {
  return from !== url ? (from ?? "") : "";
}

/** @param {Exchange} exchange */
export const headersOf = (exchange) => exchange.headers;

/**
 * The header fields, a line each: a comma, which no name has, is behind the name.
 * @param {any} headers
 */
export function fieldsOf(headers) {
  try {
    return String(Array.from(headers.entries()).join("\n"));
  } catch {
    return "";
  }
}

/**
 * What was thrown.
 * @param {Exchange} exchange
 */
export const thrownBy = (exchange) => exchange.value;

/**
 * Reads on, where nothing is being read. How many bytes have come, which is not 0, the end, or why there are none.
 * @param {Exchange} exchange
 */
export function read(exchange) {
  for (;;) {
    const answer = exchange.state === IDLE ? ask(exchange) : undefined;
    if (answer !== undefined) return answer;
    if (exchange.state === PENDING) return WAIT;
    if (exchange.state === REJECTED) {
      cancel(exchange);
      return THROWN;
    }
    const count = accept(exchange, take(exchange));
    // Empty chunks are passed over.
    if (count !== undefined) return count;
  }
}

/**
 * Asks for a chunk; gives what says that there is none to ask for.
 * @param {Exchange} exchange
 */
function ask(exchange) {
  try {
    if (exchange.reader === undefined) {
      const { body } = exchange.response;
      if (body === null || body === undefined) return END;
      exchange.reader = body.getReader();
    }
  } catch (thrown) {
    exchange.fail(thrown);
    return UNMADE;
  }
  try {
    listen(exchange, exchange.reader.read());
  } catch (thrown) {
    exchange.fail(thrown);
  }
  return undefined;
}

/**
 * What one `read()` has given: a chunk's length, `undefined` for an empty one, the end, or nothing that a stream of bytes gives.
 * @param {Exchange} exchange
 * @param {any} given
 */
function accept(exchange, given) {
  try {
    if (given.done) {
      exchange.reader = undefined;
      return END;
    }
    exchange.chunk = given.value;
    const count = countOf(exchange.chunk);
    if (count >= 0) return count || undefined;
  } catch {
    // As of what is no array.
  }
  cancel(exchange);
  return MALFORMED;
}

/**
 * Copies what was read last into `memory`, which is as long; false where that cannot be.
 * @param {Exchange} exchange
 * @param {Uint8Array} memory
 */
export const copy = ({ chunk }, memory) => copyInto(chunk, memory);

/**
 * Nobody wants the rest. A reader that is cancelled before the abort leaves no rejection behind that nobody hears.
 * @param {Exchange} exchange
 */
export function stop(exchange) {
  exchange.wake = undefined;
  cancel(exchange);
  try {
    exchange.controller?.abort();
  } catch {
    // It is a page's, and so is what it throws.
  }
}

/** @param {Exchange} exchange */
function cancel(exchange) {
  const { reader } = exchange;
  exchange.reader = undefined;
  try {
    reader?.cancel().then(ignore, ignore);
  } catch {
    // It is not read any more either way.
  }
}

const ignore = () => {};
