// How the program speaks with the browser: waits, what is global, and exchanges by `fetch`. Nothing that comes from a page or a response is taken on
// trust: a page may replace `fetch`, and a service worker may answer anything. Nothing here throws: what went wrong is a number, and what was thrown is
// there to be had.

// # Waits
// Waiting for promises on behalf of the program's futures, be they the browser's or somebody's imitation.

/**
 * Wakes the program's future of this number.
 * @typedef {(future: number) => void} Wake
 */

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

/** @param {Wait} wait */
export const stateOf = (wait) => wait.state;

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

/**
 * Nobody waits any more: its future is not woken.
 * @param {Wait} wait
 */
export function abandon(wait) {
  wait.wake = undefined;
}

/**
 * What `work` comes to, or throws.
 * @param {() => unknown} work
 */
export function attempt(work) {
  const done = new Wait(undefined, 0);
  try {
    done.settle(FULFILLED, work());
  } catch (thrown) {
    done.settle(REJECTED, thrown);
  }
  return done;
}

// # What is global
// What is global in a page, a worker and Node, taken as it is there when it is asked for: a page may have put anything in its place.

/** The monotonic clock in milliseconds; NaN where there is none. */
export function clock() {
  try {
    return Number(performance.now());
  } catch {
    return NaN;
  }
}

/**
 * Fills `bytes` with chance. Only a page that took `crypto` away gets what can be foreseen.
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export function fill(bytes) {
  try {
    crypto.getRandomValues(bytes);
  } catch {
    for (const at of bytes.keys()) bytes[at] = Math.random() * 256;
  }
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
 * Nobody waits for it any more.
 * @param {Wait} wait
 */
export function clear(wait) {
  abandon(wait);
  try {
    clearTimeout(wait.value);
  } catch {
    // It fires, and wakes nobody.
  }
}

/**
 * The URL as the browser writes it; `undefined` where it knows no such URL.
 * @param {string} text
 * @param {string | undefined} base
 */
export function parse(text, base) {
  try {
    return String(new URL(text, base).href);
  } catch {
    return undefined;
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

/** Bits of what the engine is and has; `engine.rs` names them. */
export function engine() {
  const isServer = isThere("process", "versions", "node") && !isThere("document") && !isThere("WorkerGlobalScope");
  return Number(isServer) | (Number(isThere("Request", "prototype", "duplex")) << 1) | (Number(isThere("XMLHttpRequest")) << 2);
}

/**
 * True where there is such a member of a member.
 * @param {string[]} path
 */
function isThere(...path) {
  try {
    /** @type {any} */
    let object = globalThis;
    return path.every((name, at) => {
      const isMember = name in object;
      if (at + 1 < path.length) object = object[name];
      return isMember;
    });
  } catch {
    return false;
  }
}

/**
 * Name and message of what was thrown, a line each. Anything can be: errors, text, `null`, proxies that throw when they are looked at.
 * @param {any} thrown
 */
export function describe(thrown) {
  if (typeof thrown === "string") return `string\n${thrown}`;
  /** @param {string} name */
  const member = (name) => {
    try {
      const text = thrown[name];
      return typeof text === "string" ? text : undefined;
    } catch {
      return undefined;
    }
  };
  return `${member("name") ?? (thrown === null ? "null" : typeof thrown)}\n${member("message") ?? ""}`;
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

// # Header fields of requests
// What becomes of a request's header fields: a browser leaves out those that it keeps to itself, and says nothing.

/**
 * What this browser was seen to do with header fields of these names: true where it keeps them. They are looked at when they are first sent.
 * @type {Map<string, boolean>}
 */
const kept = new Map();
/** Of so many names is it known what becomes of them. */
const NAMES = 1000;

/**
 * Looks at what the browser makes of fields that were not seen before.
 * @param {string} url
 * @param {RequestInit} init
 * @param {[string, string][]} fields
 */
export function look(url, init, fields) {
  if (fields.every(([name]) => kept.has(name))) return;
  const { headers } = new Request(url, init);
  if (kept.size >= NAMES) kept.clear();
  for (const [name] of fields) kept.set(name, keeps(headers, name));
}

/**
 * @param {Headers} headers
 * @param {string} name
 */
function keeps(headers, name) {
  try {
    return Boolean(headers.has(name));
  } catch {
    return false;
  }
}

/**
 * Of these names, a line each, those that the browser drops; without any, all that it has dropped so far, sorted.
 * @param {string} names
 */
export function dropped(names) {
  const asked = names === "" ? [...kept.keys()].sort() : names.split("\n");
  return asked.filter((name) => kept.get(name) === false).join("\n");
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
  /** Which redirects are refused: none (empty), those that are `hidden`, or those that are `shown`. */
  refused = "";
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

/** The members of `RequestInit` in the order of a request's lines, behind its URL. */
const MEMBERS = ["method", "cache", "mode", "priority", "redirect", "credentials", "referrerPolicy"];

/**
 * What a request says, whose lines are: URL, members, `keepalive`, which redirects are refused, and a name and a value for each header field. What it does not say is an empty line.
 * @param {string} text
 */
export function requestOf(text) {
  const lines = text.split("\n");
  const line = (/** @type {number} */ at) => lines[at] ?? "";
  /** @type {Record<string, unknown>} */
  const init = {};
  MEMBERS.forEach((name, at) => {
    if (line(at + 1) !== "") init[name] = line(at + 1);
  });
  if (line(8) !== "") init["keepalive"] = true;
  /** @type {[string, string][]} */
  const fields = [];
  for (let at = 10; at + 1 < lines.length; at += 2) fields.push([line(at), line(at + 1)]);
  if (fields.length > 0) init["headers"] = fields;
  return { url: line(0), init: /** @type {RequestInit} */ (init), fields, refused: line(9) };
}

/**
 * Begins an exchange, of which `head` tells.
 * @param {string} text The request's lines.
 * @param {any} body Its body, or `undefined`.
 * @param {boolean} isStream
 * @param {Wake} wake
 * @param {number} future
 */
export function begin(text, body, isStream, wake, future) {
  const exchange = new Exchange(wake, future);
  try {
    const { url, init, fields, refused } = requestOf(text);
    look(url, init, fields);
    const controller = new AbortController();
    init.signal = controller.signal;
    if (body !== undefined) init.body = body;
    if (isStream) Object.assign(init, { duplex: "half" });
    Object.assign(exchange, { url, init, refused, controller, isMade: true });
  } catch (thrown) {
    return exchange.fail(thrown);
  }
  try {
    listen(exchange, fetch(exchange.url, exchange.init));
  } catch (thrown) {
    exchange.fail(thrown);
  }
  // A stream that was begun makes no second request.
  if (isStream) exchange.init = undefined;
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
  const { response, refused } = exchange;
  const { status } = response;
  if (typeof status !== "number") return MALFORMED;
  const type = text(response, "type");
  if (refused !== "" && type === "opaqueredirect") return REFUSED;
  if (!(status >= 100 && status < 1000)) return 0;
  const { headers } = response;
  if (refused === "shown" && status >= 300 && status < 400 && headers.get("location") !== null) return REFUSED;
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
 * The URL that the response came from; `undefined` where it is the one that was asked for, or none is told, as of a response that a script made.
 * @param {Exchange} exchange
 */
export function movedTo({ response, url, from = text(response, "url") }) {
  return from !== url && from !== "" ? from : undefined;
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
 * A stream that is there to be read.
 * @param {any} body
 * @param {Wake} wake
 * @param {number} future
 */
export function readStream(body, wake, future) {
  const exchange = new Exchange(wake, future);
  // What is no stream is no body either that is only absent.
  exchange.response = { body: Object(body) };
  return exchange;
}

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
 * What was read last, as the browser gave it.
 * @param {Exchange} exchange
 */
export const chunkOf = (exchange) => exchange.chunk;

/**
 * The browser's own response; `undefined` where it is an imitation.
 * @param {Exchange} exchange
 */
export function responseOf({ response }) {
  try {
    return response instanceof Response ? response : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Nobody wants the rest. A reader that is cancelled before the abort leaves no rejection behind that nobody hears.
 * @param {Exchange} exchange
 */
export function stop(exchange) {
  abandon(exchange);
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
