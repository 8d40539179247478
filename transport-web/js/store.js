// Cached responses in IndexedDB: a function for each thing that is done, which is begun at once and takes effect in the order of the calls, whoever
// waits for it. Nothing here throws: what went wrong is what a `Wait` is rejected with.

import { clear, clock, countOf, listen, sleep, Wait } from "./fetch.js";
import { attempt } from "./more.js";

/** @typedef {import("./fetch.js").Wake} Wake */

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

const ignore = () => {};

/**
 * Begins `work`. Where it takes too long, that is `late`, and it goes on.
 * @param {Wake} wake
 * @param {number} future
 * @param {() => Promise<unknown>} work
 * @param {() => void} late
 */
function begin(wake, future, work, late = ignore) {
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
function opened(store) {
  if (clock() < store.absentUntil) return Promise.reject(new Error("there is no database"));
  return (store.database ??= open(store));
}

/** @param {Store} store */
async function open(store) {
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
  request.onupgradeneeded = () => attempt(() => create(request.result));
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
function create(database) {
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
const over = (transaction) => heard(transaction, "oncomplete", "onabort");

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
    const opening = opened(store);
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
const change = (store, work, durability) =>
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
        await over(transaction);
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
const ask = (store, wake, future, work) => begin(wake, future, () => transact(store, "readonly", work), () => giveUp(store));

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
export function write(entry, chunk, wake, future) {
  const gathered = attempt(() => {
    entry.gathered.push(new Uint8Array(chunk));
    entry.length += chunk.length;
  });
  return entry.length < PART ? gathered : begin(wake, future, () => writePart(entry));
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
    await over(transaction);
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
export const finish = (entry, key, head, length, size, stored, replaces, wake, future) =>
  begin(wake, future, async () => {
    const { store, id } = entry;
    try {
      const row = { id, key, head: new Uint8Array(head), length, stored };
      if (length > SMALL && entry.length > 0) await writePart(entry);
      await change(store, async (change) => {
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
  if (parts > 0) change(store, (change) => answer(change.bodies.delete(partsOf(id)))).catch(ignore);
}

/** Parts of a body whose record did not come in so many milliseconds belong to nobody. */
const LONGEST_WRITE = 24 * 3600 * 1000;

/**
 * Removes parts of bodies whose records never came: of tabs that were closed in the middle.
 * @param {Store} store
 */
const sweep = (store) =>
  change(store, async (change) => {
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
  begin(wake, future, async () => {
    const head = new Uint8Array(bytes);
    await change(store, async (change) => {
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
export const remove = (store, ids, wake, future) => begin(wake, future, () => change(store, (change) => change.removeAll(ids)));

/**
 * Removes the records of a key, or of all keys that begin so.
 * @param {Store} store
 * @param {string} key
 * @param {boolean} isPrefix
 * @param {Wake} wake
 * @param {number} future
 */
export const removeKeys = (store, key, isPrefix, wake, future) =>
  begin(wake, future, () => removeBy(store, "key", () => IDBKeyRange.bound(key, isPrefix ? `${key}\uffff` : key)));

/**
 * Removes what was stored at a date, in milliseconds since 1970, or later.
 * @param {Store} store
 * @param {number} date
 * @param {Wake} wake
 * @param {number} future
 */
export const removeSince = (store, date, wake, future) =>
  begin(wake, future, () => removeBy(store, "stored", () => IDBKeyRange.lowerBound(date)));

/**
 * @param {Store} store
 * @param {string} index Of the records.
 * @param {() => IDBKeyRange} range
 */
const removeBy = (store, index, range) =>
  change(store, async (change) => change.removeAll(await answer(change.records.index(index).getAllKeys(range()))));

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
  return begin(wake, future, () => change(store, async () => {}, isStrict ? "strict" : "relaxed"));
}
