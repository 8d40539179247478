// What not every program does: waits for promises, sends bodies that are gathered, fed or counted, has the browser's own objects, and asks what the browser
// tells of header fields, of servers, and of fetches that are over; and files and cached responses. One file for all of it: each more is a request in every
// page that has no bundler.

import { clear, clock, countOf, describe, Exchange, FULFILLED, listen, PENDING, REJECTED, requestOf, sleep, Wait, watching } from "./fetch.js";

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
 * Waits for somebody's promise.
 * @param {unknown} promise
 * @param {Wake} wake
 * @param {number} future
 */
export function awaiting(promise, wake, future) {
  const wait = new Wait(wake, future);
  listen(wait, promise);
  return wait;
}

/**
 * What settles a promise of the program's: fulfils it, or rejects it.
 * @type {WeakMap<object, [(value: unknown) => void, (value: unknown) => void]>}
 */
const settlers = new WeakMap();

/** A promise that the program settles. */
export function promise() {
  /** @type {[(value: unknown) => void, (value: unknown) => void] | undefined} */
  let both;
  const made = new Promise((...given) => (both = given));
  if (both) settlers.set(made, both);
  return made;
}

/**
 * Settles a promise of `promise`, once.
 * @param {object} made
 * @param {boolean} isRejected
 * @param {unknown} value
 */
export function settlePromise(made, isRejected, value) {
  settlers.get(made)?.[Number(isRejected)]?.(value);
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
const READ_PART = 256 * 1024;

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
      const buffer = await blob.slice(at, Math.min(end, at + READ_PART)).arrayBuffer();
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
export function endFeed({ controller }) {
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
    xhr.addEventListener("loadend", () => settled(counted, xhr));
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
function settled(counted, xhr) {
  if (counted.controller === undefined) return;
  counted.controller = undefined;
  const status = attempted(() => xhr.status);
  // 0 says that there was no response.
  if (!(Number(status) >= 100 && Number(status) < 1000)) return counted.settle(REJECTED, new Error("XMLHttpRequest failed"));
  const from = attempted(() => xhr.responseURL);
  if (typeof from === "string") counted.from = from;
  counted.settle(FULFILLED, attempted(() => asFetched(xhr)));
}

/** @param {XMLHttpRequest} xhr */
function asFetched(xhr) {
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
const keptNames = new Map();
/** Of so many names is it known what becomes of them. */
const NAMES = 1000;

/**
 * Looks at what the browser makes of fields that were not seen before.
 * @param {string} url
 * @param {RequestInit} init
 * @param {[string, string][]} fields
 */
function lookAt(url, init, fields) {
  if (fields.every(([name]) => keptNames.has(name))) return;
  const { headers } = new Request(url, init);
  if (keptNames.size >= NAMES) keptNames.clear();
  for (const [name] of fields) keptNames.set(name, keeps(headers, name));
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

watching.look = lookAt;

/**
 * Of these names, a line each, those that the browser drops; without any, all that it has dropped so far, sorted.
 * @param {string} names
 */
export function dropped(names) {
  const asked = names === "" ? [...keptNames.keys()].sort() : names.split("\n");
  return asked.filter((name) => keptNames.get(name) === false).join("\n");
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
 * @param {(entries: PerformanceEntryList) => void} told
 */
export function observe(told) {
  try {
    const observer = new PerformanceObserver((list) => told(list.getEntries()));
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

// # Storage
// What stays in the browser: files, in the origin's private file system, or in memory where there is none, and cached responses, in IndexedDB. Nothing here
// throws at whoever calls it, and nothing that the page or the browser gives is taken on trust: what went wrong is a number, and what was thrown is there to
// be had.
//
// A file lies in the private file system as `name`, and what follows it in `name.segments`, each piece by the offset where it begins. Where a page can only
// write files that appear whole once they are closed, a long one is written as pieces that are closed again and again, so that what was closed outlives
// the page. A piece counts only if it begins where the one before it ends: what is left over of a joining that was cut short begins elsewhere.

// # Outcomes

/** It has not come to its end: the future is woken. */
const WAIT = -1;
/** It failed with what was thrown. */
const THROWN = -2;

/** Why a file is refused: thrown here, by a number of its own, which `files/failed.rs` has in words. */
class Refusal {
  /** @param {number} reason */
  constructor(reason) {
    this.reason = reason;
  }
}

const ABSENT = new Refusal(-3);
/** The path names no file, and so none that is there. */
const NOWHERE = new Refusal(-4);
/** The path names no file, and none can be made. */
const NAMELESS = new Refusal(-5);
const BUSY = new Refusal(-6);
const EXISTS = new Refusal(-7);
const SHORT = new Refusal(-8);
const CLOSED = new Refusal(-9);
const FULL = new Refusal(-10);

const ignore = () => {};

/**
 * Waits for what may fail, where that is all the same.
 * @param {unknown} promise
 */
async function over(promise) {
  try {
    await promise;
  } catch {
    // Who needs to know has been told.
  }
}

/**
 * What should be a count; 0 where it is none.
 * @param {unknown} count
 */
const counted = (count) => (typeof count === "number" && count > 0 ? count : 0);

// # Work
// What the program asks for, one promise each.

/**
 * What writes. `put` may write later: what it gives is then waited for.
 * @typedef {{
 *   put(chunk: Uint8Array, isOurs: boolean): unknown,
 *   sync(): unknown,
 *   finish(): unknown,
 *   close(): unknown,
 * }} Writer
 */

/** One thing that the program asks of a file; where it opens the file to write, all that is asked of the writer too. */
class Work extends Wait {
  /** Nobody wants it any more: it stops where it stands. */
  isCut = false;
  /** @type {(why?: unknown) => void} */
  cut = ignore;
  /** So many tasks were begun: only the last tells anything. */
  begun = 0;
  /**
   * What writes, once the file is open.
   * @type {Writer | undefined}
   */
  writer = undefined;
  /** The file is on its way to be closed, and then free for others. */
  isLeaving = false;
  /**
   * It is free.
   * @type {Promise<unknown> | undefined}
   */
  gone = undefined;
  /** @type {(value?: unknown) => void} */
  leave = ignore;
  /** Gives the lock back. */
  release = ignore;

  /**
   * @param {Files} files
   * @param {string} name
   * @param {string} to
   * @param {number} at
   * @param {Wake} [wake]
   * @param {number} [future]
   */
  constructor(files, name, to, at, wake, future = 0) {
    super(wake, future);
    this.files = files;
    this.name = name;
    this.to = to;
    this.at = at;
    /** @type {Promise<never>} */
    this.end = new Promise((_, reject) => {
      this.cut = reject;
    });
    over(this.end);
  }

  /**
   * Does `task`, of which `outcome` tells. What was begun before tells nothing any more.
   * @param {() => unknown} task
   */
  async begin(task) {
    this.state = PENDING;
    this.begun += 1;
    const { begun } = this;
    let state = FULFILLED;
    let value;
    try {
      value = await task();
    } catch (thrown) {
      state = REJECTED;
      value = thrown;
    }
    if (begun === this.begun) this.settle(state, value);
  }

  /** Nobody wants it any more. A file that is open is closed once what was begun is written. */
  drop() {
    abandon(this);
    this.isLeaving = true;
    if (this.writer !== undefined) {
      closeFile(this);
      return;
    }
    this.isCut = true;
    this.cut();
  }

  /**
   * What `call` comes to, as long as somebody waits for it.
   * @param {() => any} call
   * @returns {Promise<any>}
   */
  async until(call) {
    return Promise.race([this.end, this.isCut || call()]);
  }

  /**
   * The same; `undefined` where it cannot be had.
   * @param {() => any} call
   * @returns {Promise<any>}
   */
  async there(call) {
    try {
      return await this.until(call);
    } catch (thrown) {
      if (this.isCut) throw thrown;
      return undefined;
    }
  }

  /**
   * What `call` opens, which is not left open where nobody waits for it any more.
   * @param {() => any} call
   * @param {string} close The member that does away with it.
   */
  opened(call, close) {
    return this.until(async () => {
      const open = await call();
      if (this.isCut) await open[close]();
      return open;
    });
  }

  /**
   * What `call` comes to. While the file is still another's it is tried again for a moment: the browser takes one to notice that whoever had it is gone.
   * @param {() => Promise<any>} call
   */
  async insist(call) {
    for (const pause of [30, 100, 200, 400]) {
      try {
        return await call();
      } catch (thrown) {
        if (thrown !== BUSY && !describe(thrown).startsWith("NoModificationAllowedError: ")) throw thrown;
      }
      await this.until(() => new Promise((resolve) => setTimeout(resolve, pause)));
    }
    return call();
  }
}

/**
 * Begins what this number means.
 * @param {Files} files
 * @param {number} operation
 * @param {string} path
 * @param {string} to
 * @param {number} at
 * @param {Wake} wake
 * @param {number} future
 */
export function beginWork(files, operation, path, to, at, wake, future) {
  const work = new Work(files, named(path), named(to), at, wake, future);
  work.begin(() => OPERATIONS[operation]?.(work));
  return work;
}

/**
 * 0 for what has come to its end, or why it has not.
 * @param {Work} work
 */
export function outcome({ state, value }) {
  if (state === PENDING) return WAIT;
  if (state !== REJECTED) return 0;
  return value instanceof Refusal ? value.reason : THROWN;
}

/**
 * What was thrown.
 * @param {Work} work
 */
export const thrownIn = ({ value }) => value;

/**
 * Nobody wants it any more.
 * @param {Work} work
 */
export const drop = (work) => work.drop();

// # Names

/**
 * A file's place from the root on, in one spelling: `folder/file`. Empty for what names no file below the root.
 * @param {string} path
 */
function named(path) {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") ? "" : parts.join("/");
}

/** Digits that nobody else has: 128 bits. */
function digits() {
  const bytes = new Uint8Array(16);
  fill(bytes);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The path of the temporary file of this name, of a new one where it is empty; `undefined` for a name that none has.
 * @param {string} name
 */
export function temporary(name) {
  const found = name || `urlsession-${digits()}`;
  return /^urlsession-[\da-f]{32}$/.test(found) ? `.urlsession/${found}` : undefined;
}

// # In memory
// For places without a private file system, and files that the page has of its own. They are Blobs, which the browser keeps outside of the program's memory;
// all sessions of a page or worker share them.

/**
 * By name. The stamp is below 0, and another each time that a file is written.
 * @type {Map<string, { blob: any, stamp: number }>}
 */
const kept = new Map();
let stamp = 0;

/**
 * @param {string} name
 * @param {any} blob
 */
function keep(name, blob) {
  stamp -= 1;
  kept.set(name, { blob, stamp });
}

/**
 * A path for what the page has of its own.
 * @param {any} file
 */
export function adopt(file) {
  const name = `urlsession-file-${digits()}`;
  keep(name, file);
  return name;
}

/**
 * @param {Work} work
 * @param {boolean} replaces
 */
function renameKept({ name, to }, replaces) {
  const file = kept.get(name);
  if (file === undefined) throw ABSENT;
  if (!replaces && kept.has(to)) throw EXISTS;
  if (name !== to) {
    keep(to, file.blob);
    kept.delete(name);
  }
}

/** So many bytes of small chunks become a Blob. */
const BLOCK = 1024 * 1024;

/** @implements {Writer} */
class InMemory {
  /** The bytes of the parts but the first, which is what was there. */
  gathered = 0;

  /**
   * @param {string} name
   * @param {any[]} parts
   */
  constructor(name, parts) {
    this.name = name;
    this.parts = parts;
    this.gather();
  }

  gather() {
    const blob = new Blob(this.parts);
    this.parts = [blob];
    this.gathered = 0;
    keep(this.name, blob);
  }

  /**
   * @param {Uint8Array} chunk
   * @param {boolean} isOurs
   */
  put(chunk, isOurs) {
    this.parts.push(isOurs ? chunk.slice() : chunk);
    this.gathered += countOf(chunk);
    if (this.gathered >= BLOCK) this.gather();
  }

  sync() {
    // It may have got another name, or be gone: what was written stays so.
    if (this.gathered > 0) this.gather();
  }

  finish() {
    this.sync();
  }

  close() {}
}

// # The private file system

/** The files of one platform, and where they are, once that is known: below a root, written in place or in pieces; `null` in memory. */
class Files {
  /** @type {{ root: any, isInPlace: boolean } | null | undefined} */
  ground = undefined;
}

export const files = () => new Files();

/**
 * Where files are.
 * @param {Work} work
 */
async function groundOf(work) {
  return (work.files.ground ??= await work.until(privateFileSystem));
}

/** The private file system, where files in it can be written and moved. */
async function privateFileSystem() {
  try {
    const prototype = /** @type {any} */ (FileSystemFileHandle.prototype);
    const can = (/** @type {string} */ name) => typeof prototype[name] === "function";
    if (can("move")) {
      const root = await navigator.storage.getDirectory();
      const isInPlace = can("createSyncAccessHandle");
      if (isInPlace || can("createWritable")) return { root, isInPlace };
    }
  } catch {
    // There is none, or none for this page.
  }
  return null;
}

/**
 * One piece, as it is on disk.
 * @typedef {{ handle: any, file: any, start: number, length: number }} Piece
 */

/**
 * Where the bytes of these pieces end.
 * @param {Piece[]} pieces
 */
function endOf(pieces) {
  const last = pieces[pieces.length - 1];
  return last === undefined ? 0 : last.start + last.length;
}

/** A file's folder, and its name there. */
class Place {
  /**
   * @param {Work} work
   * @param {any} folder
   * @param {string} name
   */
  constructor(work, folder, name) {
    this.work = work;
    this.folder = folder;
    this.name = name;
  }

  /**
   * The file's handle.
   * @param {boolean} create
   */
  handle(create) {
    return this.work.until(() => this.folder.getFileHandle(this.name, { create }));
  }

  /** The same; `undefined` where it is not there. */
  handleIfThere() {
    return this.work.there(() => this.handle(false));
  }

  /**
   * The folder of later pieces.
   * @param {boolean} create
   */
  segments(create) {
    return this.work.until(() => this.folder.getDirectoryHandle(`${this.name}.segments`, { create }));
  }

  /** Removes later pieces. As a rule there are none. */
  removeSegments() {
    return this.work.there(() => this.folder.removeEntry(`${this.name}.segments`, { recursive: true }));
  }

  /**
   * @param {any} handle
   * @param {number} start
   * @returns {Promise<Piece>}
   */
  async piece(handle, start) {
    const file = await this.work.until(() => handle.getFile());
    return { handle, file, start, length: counted(file.size) };
  }

  /** All pieces in order, never none. */
  async pieces() {
    const pieces = [await this.piece(await this.handle(false), 0)];
    const segments = await this.work.there(() => this.segments(false));
    while (segments !== undefined) {
      const end = endOf(pieces);
      const handle = await this.work.there(() => segments.getFileHandle(String(end)));
      if (handle === undefined) break;
      const piece = await this.piece(handle, end);
      if (piece.length === 0) break;
      pieces.push(piece);
    }
    return pieces;
  }

  /**
   * Changes a file in one step; not at all where `change` fails.
   * @param {any} handle
   * @param {(stream: any) => unknown} change
   */
  async change(handle, change) {
    const stream = await this.work.opened(() => handle.createWritable({ keepExistingData: true }), "abort");
    try {
      await this.work.until(() => change(stream));
      await this.work.until(() => stream.close());
    } catch (thrown) {
      over(discard(stream));
      throw thrown;
    }
  }

  /**
   * Makes one file of all pieces, in one step. The browser moves the bytes.
   * @param {Piece[]} pieces
   */
  async join([first, ...later]) {
    if (first === undefined || later.length === 0) return;
    await this.change(first.handle, async (stream) => {
      await stream.seek(first.length);
      for (const { file } of later) await this.work.until(() => stream.write(file));
    });
    await this.removeSegments();
  }

  /**
   * The same by a synchronous handle to the first, for a file that a page has begun.
   * @param {any} handle
   * @param {Piece[]} pieces
   */
  async joinBy(handle, [, ...later]) {
    for (const { file, start, length } of later) {
      const bytes = new Uint8Array(await this.work.until(() => file.arrayBuffer()));
      // What is not whole is not joined: the pieces stay.
      if (handle.write(bytes, { at: start }) !== length) throw FULL;
    }
    if (later.length > 0) {
      await handle.flush();
      await this.removeSegments();
    }
  }

  /**
   * Cuts the file off at `end`; gives the pieces that are left.
   * @param {Piece[]} pieces
   * @param {number} end
   */
  async cut(pieces, end) {
    const left = pieces.filter(({ start }, at) => at === 0 || start < end);
    for (const { start } of pieces.slice(left.length).reverse()) {
      const segments = await this.segments(false);
      await this.work.until(() => segments.removeEntry(String(start)));
    }
    for (const last of left.slice(-1)) {
      if (last.start + last.length <= end) continue;
      last.length = end - last.start;
      await this.change(last.handle, (stream) => stream.truncate(last.length));
    }
    return left;
  }
}

/** @param {any} stream */
const discard = async (stream) => stream.abort();

/**
 * Where a file is; the folders on the way made if `create` says so.
 * @param {Work} work
 * @param {any} root
 * @param {string} name
 * @param {boolean} create
 */
async function placeOf(work, root, name, create) {
  const path = name.split("/");
  const last = path.pop() ?? "";
  let folder = root;
  for (const part of path) {
    const parent = folder;
    folder = await work.until(() => parent.getDirectoryHandle(part, { create }));
  }
  return new Place(work, folder, last);
}

/**
 * In a dedicated worker, by a synchronous handle: what was flushed outlives worker and machine.
 * @implements {Writer}
 */
class InPlace {
  /**
   * @param {any} handle
   * @param {number} at
   */
  constructor(handle, at) {
    this.handle = handle;
    this.at = at;
  }

  /** @param {Uint8Array} chunk */
  put(chunk) {
    const length = countOf(chunk);
    if (this.open().write(chunk, { at: this.at }) !== length) throw FULL;
    this.at += length;
  }

  open() {
    // Closed where the file was moved or removed.
    if (this.handle === undefined) throw CLOSED;
    return this.handle;
  }

  sync() {
    return this.open().flush();
  }

  finish() {
    return this.close();
  }

  close() {
    const { handle } = this;
    this.handle = undefined;
    return handle?.close();
  }
}

/** A piece that is as long is closed: 4 MiB. */
const SEGMENT = 4 * 1024 * 1024;

/**
 * Where a page, or a worker without synchronous handles, writes: piece by piece, each on disk once it is closed.
 * @implements {Writer}
 */
class InPieces {
  /**
   * What was begun last. It comes to its end whoever waits for it; once something has failed, nothing more is done.
   * @type {Promise<void>}
   */
  last = Promise.resolve();
  /** So many of those that were begun have not come to a good end. */
  open = 0;
  /** @type {any} */
  stream = undefined;

  /**
   * At the end of the last piece.
   * @param {Place} place
   * @param {Piece} last
   */
  constructor(place, { handle, start, length }) {
    this.place = place;
    this.handle = handle;
    this.start = start;
    this.length = length;
  }

  /**
   * Does `task` after what was begun before.
   * @param {() => unknown} task
   */
  after(task) {
    const { last } = this;
    this.open += 1;
    this.last = (async () => {
      await last;
      await task();
      this.open -= 1;
    })();
    over(this.last);
    return this.last;
  }

  /**
   * Gives what is to be waited for, so that one chunk is on its way at most.
   * @param {Uint8Array} chunk
   * @param {boolean} isOurs
   */
  put(chunk, isOurs) {
    const bytes = isOurs ? chunk.slice() : chunk;
    const before = this.open > 0 ? this.last : undefined;
    this.after(() => this.write(bytes));
    return before;
  }

  /** @param {Uint8Array} bytes */
  async write(bytes) {
    if (this.stream === undefined) await this.openPiece();
    await this.stream.write(bytes);
    this.length += countOf(bytes);
    if (this.length >= SEGMENT) await this.closePiece();
  }

  async openPiece() {
    if (this.length >= SEGMENT) {
      const segments = await this.place.segments(true);
      const start = this.start + this.length;
      this.handle = await segments.getFileHandle(String(start), { create: true });
      this.start = start;
      this.length = 0;
    }
    const keepExistingData = this.length > 0;
    this.stream = await this.handle.createWritable({ keepExistingData });
    if (keepExistingData) await this.stream.seek(this.length);
  }

  closePiece() {
    const { stream } = this;
    this.stream = undefined;
    return stream?.close();
  }

  sync() {
    return this.after(() => this.closePiece());
  }

  finish() {
    return this.after(async () => {
      await this.closePiece();
      await this.place.join(await this.place.pieces());
    });
  }

  async close() {
    await over(this.last);
    await this.closePiece();
  }
}

// # Who writes
// One writer for each file, in this page or worker and, where the browser has Web Locks, in all of the origin.

/**
 * Files that are open for writing, by name.
 * @type {Map<string, Work>}
 */
const writers = new Map();

/**
 * The right to write to a file.
 * @param {Work} work
 */
async function claim(work) {
  for (let other = writers.get(work.name); other !== undefined; other = writers.get(work.name)) {
    if (!other.isLeaving) throw BUSY;
    const { gone } = other;
    await work.until(() => gone);
  }
  writers.set(work.name, work);
  work.gone = new Promise((resolve) => {
    work.leave = resolve;
  });
  await work.insist(() => work.until(() => locked(work)));
}

/**
 * Asks for the lock, without waiting for whoever has it. The browser gives up that of a page that is gone.
 * @param {Work} work
 */
const locked = (work) =>
  new Promise((resolve, reject) => {
    // An imitation may call twice.
    let isAsked = true;
    const granted = (/** @type {unknown} */ lock) => {
      if (!isAsked || work.isCut) return undefined;
      isAsked = false;
      if (lock === null || lock === undefined) return reject(BUSY);
      resolve(undefined);
      return new Promise((release) => {
        work.release = () => release(undefined);
      });
    };
    // Refused without an answer: there are no locks here.
    const none = () => {
      isAsked = false;
      resolve(undefined);
    };
    try {
      navigator.locks.request(`urlsession:${work.name}`, { ifAvailable: true }, granted).then(none, none);
    } catch {
      none();
    }
  });

/**
 * Hands on what was written, and closes once and for all: the file can be written by others.
 * @param {Work} work
 */
async function closeFile(work) {
  work.isLeaving = true;
  const closed = async () => work.writer?.close();
  await over(closed());
  if (writers.get(work.name) === work) writers.delete(work.name);
  work.release();
  work.leave();
}

/**
 * Closes what this page or worker writes to the file, so that it can be moved or removed. Nobody else can write before the writer goes.
 * @param {Work} work
 */
async function letGo(work) {
  if (work.name === "") throw NOWHERE;
  const writer = writers.get(work.name);
  if (writer !== undefined) await work.there(() => (writer.isLeaving ? writer.gone : writer.writer?.close()));
}

// # Operations

/**
 * A file's bytes, how many they are, and what tells one state of it from another: when it was written last, in milliseconds since 1970, or its stamp in memory.
 * @param {Work} work
 */
async function lookAtFile(work) {
  if (work.name === "") throw NOWHERE;
  const file = kept.get(work.name);
  if (file !== undefined) return { ...file, size: counted(file.blob.size) };
  const under = await groundOf(work);
  if (!under) throw ABSENT;
  const pieces = await (await placeOf(work, under.root, work.name, false)).pieces();
  const files = pieces.map((piece) => piece.file);
  const last = files[files.length - 1];
  const blob = files.length > 1 ? new Blob(files) : last;
  return { blob, size: endOf(pieces), stamp: counted(last.lastModified) };
}

/**
 * The same, as it is sent: a part has no media type, and none is made up.
 * @param {Work} work
 */
async function lookToSend(work) {
  const found = await lookAtFile(work);
  return { ...found, blob: found.blob.slice(0, found.size) };
}

/**
 * The same, as the browser's own `File`.
 * @param {Work} work
 */
async function lookForFile(work) {
  const found = await lookAtFile(work);
  const { blob } = found;
  return { ...found, blob: blob instanceof File ? blob : new File([blob], work.name.split("/").pop() ?? "") };
}

/**
 * Opens a file to write from `at` on.
 * @param {Work} work
 * @param {boolean} mayBeThere
 * @param {boolean} mustBeThere
 */
async function openFile(work, mayBeThere, mustBeThere) {
  if (work.name === "") throw NAMELESS;
  /** @param {number} [length] What it has, if it is there. */
  const check = (length) => {
    if (length === undefined ? mustBeThere : !mayBeThere) throw mustBeThere ? ABSENT : EXISTS;
    if (mustBeThere && Number(length) < work.at) throw SHORT;
  };
  try {
    await claim(work);
    const file = kept.get(work.name);
    const under = file === undefined ? await groundOf(work) : null;
    if (under) {
      const place = await placeOf(work, under.root, work.name, !mustBeThere);
      const pieces = await prepared(place, check, mustBeThere);
      work.writer = under.isInPlace ? await inPlace(place, pieces) : await inPieces(place, pieces);
    } else {
      check(file && counted(file.blob.size));
      work.writer = new InMemory(work.name, work.at > 0 ? [file?.blob.slice(0, work.at)] : []);
    }
    // Dropped meanwhile: nobody would close it.
    if (work.isCut) throw BUSY;
  } catch (thrown) {
    closeFile(work);
    throw thrown;
  }
}

/**
 * The pieces of a file that may be written; of one that is to be new, the first alone, made where it is not there.
 * @param {Place} place
 * @param {(length?: number) => void} check
 * @param {boolean} isKept
 */
async function prepared(place, check, isKept) {
  const isThere = (await place.handleIfThere()) !== undefined;
  const pieces = isThere ? await place.pieces() : [];
  check(isThere ? endOf(pieces) : undefined);
  if (isKept) return pieces;
  await place.removeSegments();
  return isThere ? pieces.slice(0, 1) : [{ handle: await place.handle(true), file: undefined, start: 0, length: 0 }];
}

/**
 * @param {Place} place
 * @param {Piece[]} pieces
 */
async function inPlace(place, pieces) {
  const { work } = place;
  const handle = await work.insist(() => openInPlace(work, pieces));
  try {
    await place.joinBy(handle, pieces);
    await work.until(() => handle.truncate(work.at));
  } catch (thrown) {
    handle.close();
    throw thrown;
  }
  return new InPlace(handle, work.at);
}

/**
 * @param {Work} work
 * @param {Piece[]} pieces
 */
const openInPlace = (work, [first]) => work.opened(() => first?.handle.createSyncAccessHandle(), "close");

/**
 * @param {Place} place
 * @param {Piece[]} pieces
 */
async function inPieces(place, pieces) {
  const left = await place.cut(pieces, place.work.at);
  return new InPieces(place, /** @type {Piece} */ (left[left.length - 1]));
}

/**
 * @param {Work} work
 * @param {boolean} replaces
 */
async function renameFile(work, replaces) {
  if (work.to === "") throw NAMELESS;
  await letGo(work);
  const under = await groundOf(work);
  if (!under || kept.has(work.name)) return renameKept(work, replaces);
  const from = await placeOf(work, under.root, work.name, false);
  const handle = await from.handle(false);
  const to = await placeOf(work, under.root, work.to, true);
  if (!replaces && (await to.handleIfThere()) !== undefined) throw EXISTS;
  const pieces = await from.pieces();
  await (under.isInPlace && pieces.length > 1 ? joinInPlace(from, pieces) : from.join(pieces));
  await work.until(() => handle.move(to.folder, to.name));
  await to.removeSegments();
}

/**
 * @param {Place} place
 * @param {Piece[]} pieces
 */
async function joinInPlace(place, pieces) {
  const handle = await openInPlace(place.work, pieces);
  try {
    await place.joinBy(handle, pieces);
  } finally {
    handle.close();
  }
}

/** @param {Work} work */
async function removeFile(work) {
  await letGo(work);
  if (kept.delete(work.name)) return;
  const under = await groundOf(work);
  if (!under) throw ABSENT;
  const place = await placeOf(work, under.root, work.name, false);
  await place.handle(false);
  await place.removeSegments();
  await work.until(() => place.folder.removeEntry(place.name));
}

/**
 * By the numbers that `files/work.rs` names.
 * @type {((work: Work) => unknown)[]}
 */
const OPERATIONS = [
  lookAtFile,
  lookToSend,
  lookForFile,
  (work) => openFile(work, true, false),
  (work) => openFile(work, false, false),
  (work) => openFile(work, true, true),
  (work) => renameFile(work, false),
  (work) => renameFile(work, true),
  removeFile,
];

// # What was looked at

/** @param {Work} work */
export const sizeOf = ({ value }) => value.size;

/** @param {Work} work */
export const stampOf = ({ value }) => value.stamp;

/** @param {Work} work */
export const contentOf = ({ value }) => value.blob;

/**
 * Its bytes from `at` on, to be read. Before the last come it is looked at again: what was written meanwhile never comes whole.
 * @param {Work} work
 * @param {Wake} wake
 * @param {number} future
 */
export function readFile({ files, name, at, value }, wake, future) {
  return readParts(value.blob, at, value.size, wake, future, async () => {
    const now = await lookAtFile(new Work(files, name, "", 0));
    return now.size === value.size && now.stamp === value.stamp;
  });
}

// # Writing

/**
 * @param {Work} work
 * @param {Uint8Array} chunk
 * @param {boolean} isOurs
 */
function writeTo(work, chunk, isOurs) {
  work.begun += 1;
  try {
    const waits = work.writer?.put(chunk, isOurs);
    work.state = FULFILLED;
    if (waits !== undefined) work.begin(() => waits);
  } catch (thrown) {
    work.state = REJECTED;
    work.value = thrown;
  }
}

/**
 * Writes bytes that are the program's, and not there any more after this call.
 * @param {Work} work
 * @param {Uint8Array} chunk
 */
export const put = (work, chunk) => writeTo(work, chunk, true);

/**
 * Writes the chunk that has come: it does not pass the program's memory.
 * @param {Work} work
 * @param {Exchange} exchange
 */
export const pass = (work, { chunk }) => writeTo(work, chunk, false);

/**
 * What is written from now on begins at `offset`; false where that cannot be.
 * @param {Work} work
 * @param {number} offset
 */
export function moveTo({ writer }, offset) {
  if (!(writer instanceof InPlace)) return false;
  writer.at = offset;
  return true;
}

/**
 * Has what was written outlive a crash.
 * @param {Work} work
 */
export function sync(work) {
  work.begin(() => work.writer?.sync());
}

/**
 * Closes what was written, as one file.
 * @param {Work} work
 */
export function finish(work) {
  work.begin(() => work.writer?.finish());
}

// # Cached responses
// In IndexedDB: a function for each thing that is done, which is begun at once and takes effect in the order of the calls, whoever waits for it. What went
// wrong is what a `Wait` is rejected with.

// # The store
// As one page or worker has it. Others have the same database.

/** What an id has beside the time of its making: so many values. */
const IDS_A_MILLISECOND = 4096;

class Store {
  /**
   * The database, once it is open.
   * @type {Promise<IDBDatabase> | undefined}
   */
  database = undefined;
  /** Until then it is not there. */
  absentUntil = 0;
  /** What its ids have beside the time. */
  lane = Math.floor(Math.random() * IDS_A_MILLISECOND);
  lastId = 0;
  /**
   * The records that were used since that was last noted.
   * @type {number[]}
   */
  used = [];
  isSwept = false;
  /** No Blob was refused yet. */
  takesBlobs = true;

  /**
   * @param {string} name
   * @param {number} capacity So many bytes may all records take.
   */
  constructor(name, capacity) {
    this.name = `urlsession-cache:${name}`;
    this.capacity = capacity;
  }
}

/**
 * @param {string} name
 * @param {number} capacity
 */
export const store = (name, capacity) => new Store(name, capacity);

/** No load waits longer for what the browser may never give. */
const PATIENCE = 4000;
/** A database that could not be had is not asked for again so soon. */
const REST = 20_000;


/**
 * Begins `work`. Where it takes too long, that is `late`, and it goes on.
 * @param {Wake} wake
 * @param {number} future
 * @param {() => Promise<unknown>} work
 * @param {() => void} late
 */
function perform(wake, future, work, late = ignore) {
  const wait = new Wait(wake, future);
  listen(wait, within(work(), late));
  return wait;
}

/**
 * What `work` comes to, unless that takes too long.
 * @template T
 * @param {Promise<T>} work
 * @param {() => void} late
 * @returns {Promise<T>}
 */
const within = async (work, late) =>
  new Promise((fulfil, reject) => {
    const timedOut = () => {
      late();
      reject(new Error("the browser does not answer"));
    };
    const timer = sleep(PATIENCE, timedOut, 0);
    work.then(fulfil, reject).finally(() => clear(timer));
  });

/**
 * It gives no answer, or none that can be.
 * @param {Store} store
 */
function giveUp(store) {
  store.database = undefined;
  store.absentUntil = clock() + REST;
}

// # The database
// Opened at first use, begun anew where it cannot be used, given up where another tab wants it gone.

/** Of the stores and what is in them. */
const VERSION = 1;
/** Heads, with what they are found by; `id` is their key. */
const RECORDS = "records";
/** Bodies by `[id, number of the part]`. */
const BODIES = "bodies";
/** When each record was used last, and its size. */
const USES = "uses";
/** How many bytes all take. */
const TOTALS = "totals";
const STORES = [RECORDS, BODIES, USES, TOTALS];
/** The key of the bytes that all records take. */
const SIZE = "size";

/** @param {Store} store */
function databaseOf(store) {
  if (clock() < store.absentUntil) return Promise.reject(new Error("there is no database"));
  return (store.database ??= openDatabase(store));
}

/** @param {Store} store */
async function openDatabase(store) {
  const opening = openOrRebuild(store.name);
  try {
    return await within(opening, ignore);
  } catch (thrown) {
    giveUp(store);
    // One that comes late is nobody's.
    opening.then((database) => database.close()).catch(ignore);
    throw thrown;
  }
}

/** @param {string} name */
async function openOrRebuild(name) {
  try {
    return await openAt(name);
  } catch {
    // Of another version, damaged, or somebody else's: what it holds can be had again.
    await heard(indexedDB.deleteDatabase(name), "onsuccess", "onerror", "onblocked");
    return openAt(name);
  }
}

/** @param {string} name */
async function openAt(name) {
  const request = indexedDB.open(name, VERSION);
  request.onupgradeneeded = () => attempt(() => createStores(request.result));
  await heard(request, "onsuccess", "onerror", "onblocked");
  const database = request.result;
  // Whoever wants it changed or gone need not wait for this tab.
  database.onversionchange = () => database.close();
  if (!STORES.every((name) => database.objectStoreNames.contains(name))) {
    database.close();
    throw new Error("the database is somebody else's");
  }
  return database;
}

/** @param {IDBDatabase} database */
function createStores(database) {
  const byId = { keyPath: "id" };
  const records = database.createObjectStore(RECORDS, byId);
  records.createIndex("key", "key");
  records.createIndex("stored", "stored");
  database.createObjectStore(BODIES);
  database.createObjectStore(USES, byId).createIndex("used", "used");
  database.createObjectStore(TOTALS);
}

/**
 * The first of an object's events that comes: an error where it is a `bad` one.
 * @param {any} object
 * @param {string} good
 * @param {string[]} bad
 */
const heard = (object, good, ...bad) =>
  new Promise((fulfil, reject) => {
    object[good] = fulfil;
    // One that is blocked has no error yet, and throws when it is asked for it.
    for (const name of bad) object[name] = () => reject(attempt(() => object.error).value);
  });

/**
 * What a request comes to.
 * @template T
 * @param {IDBRequest<T>} request
 */
async function answer(request) {
  await heard(request, "onsuccess", "onerror");
  return request.result;
}

/**
 * Waits until the transaction is over.
 * @param {IDBTransaction} transaction
 */
const ended = (transaction) => heard(transaction, "oncomplete", "onabort");

/**
 * Does `work` in a transaction over all stores. Transactions begin in the order of the calls.
 * @template T
 * @param {Store} store
 * @param {IDBTransactionMode} mode
 * @param {(transaction: IDBTransaction) => Promise<T>} work
 * @param {IDBTransactionDurability} durability
 */
async function transact(store, mode, work, durability = "relaxed") {
  for (let isAgain = false; ; isAgain = true) {
    const opening = databaseOf(store);
    const database = await opening;
    /** @type {IDBTransaction} */
    let transaction;
    try {
      transaction = database.transaction(STORES, mode, { durability });
    } catch (thrown) {
      // Closed, because another tab wanted so.
      if (store.database === opening) store.database = undefined;
      if (isAgain) throw thrown;
      continue;
    }
    return work(transaction);
  }
}

/**
 * The range of a body's parts.
 * @param {any} id
 */
const partsOf = (id) => IDBKeyRange.bound([id, 0], [id, Infinity]);

/**
 * What should be a count; 0 where it is none.
 * @param {unknown} value
 */
const count = (value) => (typeof value === "number" && value > 0 ? Math.floor(value) : 0);

// # Changes
// Transactions that write: all of it counts, or nothing.

/** So many of the least recently used are looked at together. */
const BATCH = 16;

class Change {
  /** The bytes of all heads, bodies and keys. */
  size = 0;

  /** @param {IDBTransaction} transaction */
  constructor(transaction) {
    this.records = transaction.objectStore(RECORDS);
    this.bodies = transaction.objectStore(BODIES);
    this.uses = transaction.objectStore(USES);
    this.totals = transaction.objectStore(TOTALS);
  }

  /**
   * The size of a record, of its head, body and key; `undefined` where there is none.
   * @param {any} id
   */
  async sizeOf(id) {
    const row = await answer(this.uses.get(id));
    return row === undefined ? undefined : count(row.size);
  }

  /**
   * A record of this size was used now.
   * @param {number} id
   * @param {number} size
   */
  noteUse(id, size) {
    return answer(this.uses.put({ id, used: Date.now(), size }));
  }

  /**
   * A record that is there takes so many bytes more; `undefined` where it takes none.
   * @param {number} id
   * @param {number} more
   */
  async resize(id, more) {
    const before = await this.sizeOf(id);
    if (before === undefined) return;
    const size = count(before + more);
    this.size = count(this.size - before) + size;
    await this.noteUse(id, size);
  }

  /** @param {any} id */
  async remove(id) {
    const size = await this.sizeOf(id);
    if (size === undefined) return;
    this.size = count(this.size - size);
    await answer(this.records.delete(id));
    await answer(this.bodies.delete(partsOf(id)));
    await answer(this.uses.delete(id));
  }

  /** @param {any[]} ids */
  async removeAll(ids) {
    for (const id of ids) await this.remove(id);
  }

  /**
   * Removes the least recently used until all fits `capacity`.
   * @param {number} capacity
   */
  async evict(capacity) {
    while (this.size > capacity) {
      const rows = await answer(this.uses.index("used").getAll(undefined, BATCH));
      if (rows.length === 0) this.size = 0;
      for (const { id } of rows) {
        if (this.size > capacity) await this.remove(id);
      }
    }
  }
}

/**
 * @param {Store} store
 * @param {(change: Change) => Promise<unknown>} work
 * @param {IDBTransactionDurability} [durability]
 */
const changing = (store, work, durability) =>
  transact(
    store,
    "readwrite",
    async (transaction) => {
      try {
        const change = new Change(transaction);
        change.size = count(await answer(change.totals.get(SIZE)));
        for (const id of store.used.splice(0)) await change.resize(id, 0);
        await work(change);
        await change.evict(store.capacity);
        change.totals.put(change.size, SIZE);
        await ended(transaction);
      } catch (thrown) {
        // What was broken off in the middle never was.
        attempt(() => transaction.abort());
        throw thrown;
      }
    },
    durability,
  );

// # What is read

/** A body that is not longer is one part, of bytes, which is read with its head. */
const SMALL = 64 * 1024;

/**
 * Begins what is answered, in time; else the database is left alone for a while.
 * @param {Store} store
 * @param {Wake} wake
 * @param {number} future
 * @param {(transaction: IDBTransaction) => Promise<unknown>} work
 */
const ask = (store, wake, future, work) => perform(wake, future, () => transact(store, "readonly", work), () => giveUp(store));

/**
 * Looks for the records of a key, the latest first: id, length, head and, where it is small, body of each, one behind the other.
 * @param {Store} store
 * @param {string} key
 * @param {Wake} wake
 * @param {number} future
 */
export const find = (store, key, wake, future) =>
  ask(store, wake, future, async (transaction) => {
    const rows = await answer(transaction.objectStore(RECORDS).index("key").getAll(key));
    const bodies = transaction.objectStore(BODIES);
    const found = [];
    for (const { id, head, length } of rows.reverse()) {
      if (typeof id !== "number" || countOf(head) < 0) continue;
      const isRead = length > 0 && length <= SMALL;
      found.push(id, count(length), head, isRead ? await answer(bodies.get([id, 0])) : undefined);
      store.used.push(id);
    }
    return found;
  });

/**
 * Puts a record's body together, as a Blob, which stays readable when its record goes.
 * @param {Store} store
 * @param {number} id
 * @param {Wake} wake
 * @param {number} future
 */
export const openBody = (store, id, wake, future) =>
  ask(store, wake, future, async (transaction) => {
    const { length } = await answer(transaction.objectStore(RECORDS).get(id));
    const body = new Blob(await answer(transaction.objectStore(BODIES).getAll(partsOf(id))));
    if (body.size !== length) throw new Error("the body is not whole");
    store.used.push(id);
    return body;
  });

/**
 * How many bytes all records take.
 * @param {Store} store
 * @param {Wake} wake
 * @param {number} future
 */
export const usage = (store, wake, future) =>
  ask(store, wake, future, async (transaction) => count(await answer(transaction.objectStore(TOTALS).get(SIZE))));

// # What is written

/** So many bytes of a body are a part, which the browser keeps as a Blob. */
const PART = 1024 * 1024;

/** A record being written. */
class Entry {
  /**
   * What came of the body since the last part was written.
   * @type {Uint8Array<ArrayBuffer>[]}
   */
  gathered = [];
  /** How many bytes that is. */
  length = 0;
  /** So many parts were written. */
  parts = 0;

  /**
   * @param {Store} store
   * @param {number} id
   */
  constructor(store, id) {
    this.store = store;
    this.id = id;
  }

  /** What was gathered, taken out. */
  take() {
    const { gathered } = this;
    this.gathered = [];
    this.length = 0;
    return gathered;
  }
}

/**
 * Begins to write a record. Its id is later than all before it; hardly one of another tab's: should two meet, the second is not kept.
 * @param {Store} store
 */
export function insert(store) {
  if (!store.isSwept) {
    store.isSwept = true;
    sweep(store).catch(ignore);
  }
  const now = Math.floor(Date.now()) * IDS_A_MILLISECOND + store.lane;
  store.lastId = Math.max(now, store.lastId + IDS_A_MILLISECOND);
  return new Entry(store, store.lastId);
}

/** @param {Entry} entry */
export const idOf = (entry) => entry.id;

/**
 * Appends to its body.
 * @param {Entry} entry
 * @param {Uint8Array} chunk In memory that is another's.
 * @param {Wake} wake
 * @param {number} future
 */
export function writeChunk(entry, chunk, wake, future) {
  const gathered = attempt(() => {
    entry.gathered.push(new Uint8Array(chunk));
    entry.length += chunk.length;
  });
  return entry.length < PART ? gathered : perform(wake, future, () => writePart(entry));
}

/**
 * Writes what was gathered as a part: a Blob, where the browser stores them (not in every private window).
 * @param {Entry} entry
 */
async function writePart(entry) {
  const { store, id, length } = entry;
  const key = [id, entry.parts++];
  const gathered = entry.take();
  if (store.takesBlobs) {
    try {
      return await putPart(store, new Blob(gathered), key);
    } catch {
      store.takesBlobs = false;
    }
  }
  return putPart(store, joined(gathered, length), key);
}

/**
 * @param {Store} store
 * @param {Blob | Uint8Array} part
 * @param {number[]} key
 */
const putPart = (store, part, key) =>
  transact(store, "readwrite", async (transaction) => {
    await answer(transaction.objectStore(BODIES).put(part, key));
    await ended(transaction);
  });

/**
 * @param {Uint8Array[]} chunks
 * @param {number} length That of all.
 */
function joined(chunks, length) {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/**
 * Makes it whole, in one transaction.
 * @param {Entry} entry
 * @param {string} key
 * @param {Uint8Array} head In memory that is another's.
 * @param {number} length The body's.
 * @param {number} size All that it takes.
 * @param {number} stored When, in milliseconds since 1970.
 * @param {number[]} replaces
 * @param {Wake} wake
 * @param {number} future
 */
export const finishRecord = (entry, key, head, length, size, stored, replaces, wake, future) =>
  perform(wake, future, async () => {
    const { store, id } = entry;
    try {
      const row = { id, key, head: new Uint8Array(head), length, stored };
      if (length > SMALL && entry.length > 0) await writePart(entry);
      await changing(store, async (change) => {
        await change.removeAll(replaces);
        if (entry.length > 0) await answer(change.bodies.put(joined(entry.gathered, length), [id, 0]));
        await answer(change.records.add(row));
        change.size += size;
        await change.noteUse(id, size);
      });
    } catch (thrown) {
      forget(entry);
      throw thrown;
    }
  });

/**
 * Nobody makes it whole: what was written of it goes.
 * @param {Entry} entry
 */
export function forget({ store, id, parts }) {
  if (parts > 0) changing(store, (change) => answer(change.bodies.delete(partsOf(id)))).catch(ignore);
}

/** Parts of a body whose record did not come in so many milliseconds belong to nobody. */
const LONGEST_WRITE = 24 * 3600 * 1000;

/**
 * Removes parts of bodies whose records never came: of tabs that were closed in the middle.
 * @param {Store} store
 */
const sweep = (store) =>
  changing(store, async (change) => {
    const latest = (Date.now() - LONGEST_WRITE) * IDS_A_MILLISECOND;
    let last = 0;
    for (const key of await answer(change.bodies.getAllKeys())) {
      const id = Array.isArray(key) ? key[0] : undefined;
      if (typeof id !== "number" || id === last || id >= latest) continue;
      last = id;
      if ((await change.sizeOf(id)) === undefined) await answer(change.bodies.delete(partsOf(id)));
    }
  });

/**
 * Writes a record's head anew.
 * @param {Store} store
 * @param {number} id
 * @param {Uint8Array} bytes In memory that is another's.
 * @param {Wake} wake
 * @param {number} future
 */
export const update = (store, id, bytes, wake, future) =>
  perform(wake, future, async () => {
    const head = new Uint8Array(bytes);
    await changing(store, async (change) => {
      const row = await answer(change.records.get(id));
      if (row === undefined) return;
      await answer(change.records.put({ ...row, head }));
      await change.resize(id, head.length - count(countOf(row.head)));
    });
  });

// # What is removed

/**
 * @param {Store} store
 * @param {number[]} ids
 * @param {Wake} wake
 * @param {number} future
 */
export const removeRecords = (store, ids, wake, future) => perform(wake, future, () => changing(store, (change) => change.removeAll(ids)));

/**
 * Removes the records of a key, or of all keys that begin so.
 * @param {Store} store
 * @param {string} key
 * @param {boolean} isPrefix
 * @param {Wake} wake
 * @param {number} future
 */
export const removeKeys = (store, key, isPrefix, wake, future) =>
  perform(wake, future, () => removeBy(store, "key", () => IDBKeyRange.bound(key, isPrefix ? `${key}\uffff` : key)));

/**
 * Removes what was stored at a date, in milliseconds since 1970, or later.
 * @param {Store} store
 * @param {number} date
 * @param {Wake} wake
 * @param {number} future
 */
export const removeSince = (store, date, wake, future) =>
  perform(wake, future, () => removeBy(store, "stored", () => IDBKeyRange.lowerBound(date)));

/**
 * @param {Store} store
 * @param {string} index Of the records.
 * @param {() => IDBKeyRange} range
 */
const removeBy = (store, index, range) =>
  changing(store, async (change) => change.removeAll(await answer(change.records.index(index).getAllKeys(range()))));

/**
 * Removes what is over a capacity, and notes what was used; as durably as that can be, where it is to be.
 * @param {Store} store
 * @param {number} capacity
 * @param {boolean} isStrict
 * @param {Wake} wake
 * @param {number} future
 */
export function settle(store, capacity, isStrict, wake, future) {
  store.capacity = capacity;
  return perform(wake, future, () => changing(store, async () => {}, isStrict ? "strict" : "relaxed"));
}
