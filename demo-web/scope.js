// @ts-check
/** What the code on the page can call besides `urlsession`: small words for showing, waiting and checking. */

import { bytes, duration, percent } from "./figures.js";

/** @import { Task } from "urlsession" */

/** Has the server take its time with a response, so that a cache can be seen to save it. */
export const slow = { "X-Pause": "0.25" };

/** Where the bodies of `/bytes/N` repeat themselves. */
const PERIOD = 251;

/** A URL that the server has not seen before. @param {string} path */
export function fresh(path) {
  return `${path}${path.includes("?") ? "&" : "?"}fresh=${crypto.randomUUID().slice(0, 8)}`;
}

/** How often the server was asked for this, by its own count. @param {string} path */
export async function timesAsked(path) {
  const answer = await fetch(`/times-asked?for=${encodeURIComponent(path)}`);
  return Number(await answer.text());
}

/** The first `length` bytes of what the server sends from `/bytes/N`. @param {number} length */
export function pattern(length) {
  const all = new Uint8Array(length);
  for (let place = 0; place < Math.min(PERIOD, length); place += 1) all[place] = place;
  for (let done = PERIOD; done < length; done *= 2) all.copyWithin(done, 0, done);
  return all;
}

/** The SHA-256 of bytes or of a file, in hexadecimal. @param {Uint8Array<ArrayBuffer> | Blob} data */
export async function sha256(data) {
  const whole = data instanceof Blob ? await data.arrayBuffer() : data;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Waits. @param {number} count */
export function seconds(count) {
  return new Promise((resolve) => setTimeout(resolve, 1000 * count));
}

/** Waits until it is so. @param {() => boolean | Promise<boolean>} condition */
export async function until(condition) {
  while (!(await condition())) await seconds(0.03);
}

/** Whether these are the same bytes. @param {Uint8Array} one @param {Uint8Array} other */
export function equal(one, other) {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

/** Who answered: the cache or the server. @param {Task} task */
export function source(task) {
  const how = task.metrics?.transactionMetrics.at(-1)?.resourceFetchType;
  return how === "localCache" ? "from the cache" : "from the server";
}

/** How long it took. @param {Task} task */
export function took(task) {
  const interval = task.metrics?.taskInterval;
  return interval ? duration(interval.end - interval.start) : "–";
}

export { bytes, duration, percent };
