// What not every program does: waits for promises, sends bodies that are gathered, fed or counted, has the browser's own objects, and asks what the browser
// tells of header fields, of servers, and of fetches that are over.

import { countOf, Exchange, FULFILLED, PENDING, REJECTED, requestOf, Wait, watching } from "./fetch.js";

/** @typedef {import("./fetch.js").Wake} Wake */

// # Waits
// Waiting for promises on behalf of the program's futures, and chance by the array.

/** @param {Wait} wait */
export const stateOf = (wait) => wait.state;

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

// # Objects
// The browser's own objects: streams and Blobs to be read, chunks, responses.

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
 * What is in a Blob, to be read.
 * @param {any} blob
 * @param {Wake} wake
 * @param {number} future
 */
export function readBlob(blob, wake, future) {
  const exchange = new Exchange(wake, future);
  exchange.response = {
    get body() {
      return Object(blob.stream());
    },
  };
  return exchange;
}

/** So many bytes of a Blob are read at once. */
const PART = 256 * 1024;

/**
 * The bytes of a Blob from `at` to `end`, to be read. What `isSound` says is waited for before the last come.
 * @param {any} blob
 * @param {number} at
 * @param {number} end
 * @param {Wake} wake
 * @param {number} future
 * @param {() => unknown} isSound
 */
export function readParts(blob, at, end, wake, future, isSound = () => true) {
  const exchange = new Exchange(wake, future);
  exchange.reader = {
    async read() {
      if (at >= end) return { done: true };
      const buffer = await blob.slice(at, Math.min(end, at + PART)).arrayBuffer();
      const value = buffer instanceof ArrayBuffer ? new Uint8Array(buffer) : undefined;
      const count = countOf(value);
      at += count;
      // What has no value is no chunk.
      return count > 0 && at <= end && (at < end || (await isSound())) ? { value } : {};
    },
  };
  return exchange;
}

// # Gathered bodies
// Bodies of requests that no server takes as streams, gathered in a Blob, which the browser keeps outside of the program's memory.

/**
 * The parts of a body so far, with one more.
 * @param {BlobPart[] | undefined} parts
 * @param {BlobPart} part
 */
export function gather(parts = [], part) {
  parts.push(part);
  return parts;
}

/**
 * A Blob of these parts, or what was thrown.
 * @param {BlobPart[]} parts
 */
export const blobOf = (parts) => attempt(() => new Blob(parts));

// # Fed bodies
// A body of the program's as a stream that the browser pulls.

class Feed extends Wait {
  /**
   * Who takes the chunk that is asked for.
   * @type {ReadableStreamDefaultController | undefined}
   */
  controller = undefined;
}

/**
 * Makes the stream, which is its value; without one that is what was thrown.
 * @param {Wake} wake
 * @param {number} future
 */
export function feed(wake, future) {
  const feed = new Feed(wake, future);
  /** @type {UnderlyingDefaultSource} */
  const source = {
    pull(controller) {
      feed.controller = controller;
      feed.wake?.(future);
    },
  };
  try {
    // Nothing is asked for that nobody sends.
    feed.value = new ReadableStream(source, { highWaterMark: 0 });
    feed.state = FULFILLED;
  } catch (thrown) {
    feed.value = thrown;
    feed.state = REJECTED;
  }
  return feed;
}

/**
 * True while a chunk is asked for.
 * @param {Feed} feed
 */
export const isAsked = (feed) => feed.controller !== undefined;

/**
 * Gives the chunk that was asked for.
 * @param {Feed} feed
 * @param {Uint8Array} chunk
 */
export function give(feed, chunk) {
  const { controller } = feed;
  feed.controller = undefined;
  try {
    controller?.enqueue(chunk.slice());
  } catch {
    // The browser has lost interest.
  }
}

/**
 * The body has ended.
 * @param {Feed} feed
 */
export function end({ controller }) {
  try {
    controller?.close();
  } catch {
    // The browser has lost interest.
  }
}

// # Counted bodies
// `XMLHttpRequest`: the one way on which a browser counts the bytes of a request's body as they leave.

class Counted extends Exchange {
  /** So many bytes of the body have left. */
  sent = 0;
  /** So many of them were told of. */
  told = 0;
  /** Something has moved since. */
  hasMoved = false;
}

/**
 * Begins an exchange whose response comes when all of it is there, then as `fetch` would have given it. The browser gives no reason for a failure.
 * @param {string} text The request's lines.
 * @param {number} traits
 * @param {any} body
 * @param {Wake} wake
 * @param {number} future
 */
export function send(text, traits, body, wake, future) {
  const counted = new Counted(wake, future);
  try {
    const { url, init, fields } = requestOf(text, traits);
    const xhr = new XMLHttpRequest();
    xhr.open(init.method ?? "", url);
    xhr.responseType = "blob";
    if (init.credentials === "include") xhr.withCredentials = true;
    for (const [name, value] of fields) xhr.setRequestHeader(name, value);
    const moved = () => {
      counted.hasMoved = true;
      counted.wake?.(future);
    };
    xhr.upload.addEventListener("progress", ({ loaded }) => {
      if (typeof loaded === "number" && loaded > counted.sent) counted.sent = loaded;
      moved();
    });
    // Bytes of the response only say that it lives.
    xhr.addEventListener("progress", moved);
    xhr.addEventListener("loadend", () => over(counted, xhr));
    Object.assign(counted, { url, state: PENDING, controller: xhr });
    xhr.send(body);
    counted.isMade = true;
  } catch (thrown) {
    counted.controller = undefined;
    counted.fail(thrown);
  }
  return counted;
}

/**
 * @param {Counted} counted
 * @param {XMLHttpRequest} xhr
 */
function over(counted, xhr) {
  if (counted.controller === undefined) return;
  counted.controller = undefined;
  const status = attempted(() => xhr.status);
  // 0 says that there was no response.
  if (!(Number(status) >= 100 && Number(status) < 1000)) return counted.settle(REJECTED, new Error("XMLHttpRequest failed"));
  const from = attempted(() => xhr.responseURL);
  if (typeof from === "string") counted.from = from;
  counted.settle(FULFILLED, attempted(() => made(xhr)));
}

/** @param {XMLHttpRequest} xhr */
function made(xhr) {
  const { status } = xhr;
  const headers = new Headers();
  for (const line of attempted(() => xhr.getAllResponseHeaders().split("\n")) ?? []) {
    const at = line.indexOf(":");
    // What can be no field is left out.
    attempted(() => headers.append(line.slice(0, at), line.slice(at + 1)));
  }
  // A `Response` of these may have none (Fetch, null body status).
  const body = [204, 205, 304].includes(status) ? null : xhr.response;
  return new Response(body, { status, headers });
}

/**
 * What `work` comes to; `undefined` where it throws.
 * @template T
 * @param {() => T} work
 */
function attempted(work) {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/**
 * How many bytes have left since it was last asked; -1 where nothing has moved.
 * @param {Counted} counted
 */
export function sentSince(counted) {
  if (!counted.hasMoved) return -1;
  const since = counted.sent - counted.told;
  counted.told = counted.sent;
  counted.hasMoved = false;
  return since;
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
function look(url, init, fields) {
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

watching.look = look;

/**
 * Of these names, a line each, those that the browser drops; without any, all that it has dropped so far, sorted.
 * @param {string} names
 */
export function dropped(names) {
  const asked = names === "" ? [...kept.keys()].sort() : names.split("\n");
  return asked.filter((name) => kept.get(name) === false).join("\n");
}

// # Engines
// What engines have.

/** A request's body may be a stream. */
export const streams = () => isThere(() => "duplex" in Request.prototype);

/** There is `XMLHttpRequest`. */
export const counts = () => isThere(() => "XMLHttpRequest" in globalThis);

/** @param {() => boolean} look */
function isThere(look) {
  try {
    return look();
  } catch {
    return false;
  }
}

// # Servers
// What is known of servers, by their URLs.

/**
 * Scheme, host and port of a URL that has no user, and the slash behind them.
 * @param {string} url
 */
const originOf = (url) => `${url.split("/", 3).join("/")}/`;

/**
 * True when the page, or the worker's script, is of the URL's origin.
 * @param {string} url
 */
export function isOurs(url) {
  try {
    return `${location.origin}/` === originOf(url);
  } catch {
    return false;
  }
}

/** So many entries are looked at. */
const ENTRIES = 250;

/**
 * True when the browser has told that it spoke HTTP/2 or later to this server.
 * @param {string} url
 */
export function speaksHttp2(url) {
  const origin = originOf(url);
  if (!origin.startsWith("https:")) return false;
  try {
    const protocol = protocolOf(origin, "resource") ?? protocolOf(origin, "navigation");
    return protocol === "h2" || protocol === "h3";
  } catch {
    return false;
  }
}

/**
 * What the newest entry of this kind tells that tells of this server.
 * @param {string} origin
 * @param {string} kind
 */
function protocolOf(origin, kind) {
  const entries = performance.getEntriesByType(kind);
  if (!Array.isArray(entries)) return undefined;
  for (const entry of entries.slice(-ENTRIES).reverse()) {
    const { name, nextHopProtocol } = /** @type {any} */ (entry ?? {});
    const isOfIt = typeof name === "string" && name.startsWith(origin);
    if (isOfIt && typeof nextHopProtocol === "string" && nextHopProtocol !== "") return nextHopProtocol;
  }
  return undefined;
}

// # The network
// The way to the network, as far as the browser tells a script. Members may be absent, throw, or be anything.

/** The Network Information API's `ConnectionType`s, as `network.rs` has them. */
const KINDS = ["cellular", "ethernet", "wifi", "bluetooth", "wimax", "other", "mixed"];

/** What there is of `navigator.connection`. */
const connection = () => attempted(() => /** @type {any} */ (navigator).connection);

/** Whether there is a network (1) or none (2), whether it should be spared (4), and in eights the place of its kind, from 1. */
export function network() {
  const isOnline = attempted(() => navigator.onLine);
  const told = connection();
  const kind = KINDS.indexOf(attempted(() => told.type)) + 1;
  return Number(isOnline === true) | (Number(isOnline === false) << 1) | (Number(attempted(() => told.saveData) === true) << 2) | (kind << 3);
}

/**
 * Has `look` called when something changes. Where there are no events, the network is looked at whenever somebody asks.
 * @param {() => void} look
 */
export function watch(look) {
  for (const event of ["online", "offline"]) attempted(() => addEventListener(event, look));
  attempted(() => connection().addEventListener("change", look));
}

// # Timing
// Resource Timing: entries of fetches that are over, as far as the browser tells.

/**
 * Has the browser tell of entries as they come; `undefined` where it cannot.
 * @param {(entries: PerformanceEntryList) => void} heard
 */
export function observe(heard) {
  try {
    const observer = new PerformanceObserver((list) => heard(list.getEntries()));
    observer.observe({ type: "resource" });
    return observer;
  } catch {
    return undefined;
  }
}

/** @param {PerformanceObserver} observer */
export function disconnect(observer) {
  try {
    observer.disconnect();
  } catch {
    // An imitation that goes on calls nobody.
  }
}

/**
 * The entries of resources of this name.
 * @param {string} name
 * @returns {unknown}
 */
export function entriesByName(name) {
  try {
    return performance.getEntriesByName(name, "resource");
  } catch {
    return undefined;
  }
}
