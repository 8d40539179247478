/**
 * The parts of the module that are loaded when they are first needed, and with each its JavaScript.
 *
 * What is in each, and what only runs once it is there, `xtask/src/web/parts/plan.rs` says. Here is said when that is; whoever asks the module for it waits for
 * {@link bring} first. A part's JavaScript imports nothing of this file's: who has this one from two places would have it twice.
 */

import * as raw from "./wasm/urlsession.js";
import { SessionError, type SessionErrorInit } from "./error.js";
import type { InitInput } from "./init.js";

/** The parts: the base of the others, caches, and downloads. */
export type Part = "more" | "cache" | "downloads";

/** How long a part may take, in milliseconds. */
const PATIENCE = 60_000;

/** Where each is: beside this file, in a form that bundlers see. */
const FILES: Record<Part, () => URL> = {
  more: () => new URL("urlsession_more.wasm", import.meta.url),
  cache: () => new URL("urlsession_cache.wasm", import.meta.url),
  downloads: () => new URL("urlsession_downloads.wasm", import.meta.url),
};

/**
 * The JavaScript of each.
 *
 * @internal
 */
export interface Javascript {
  more: typeof import("./more.js");
  cache: typeof import("./cache.js");
  downloads: typeof import("./downloads.js");
}

const IMPORTS: { [P in Part]: () => Promise<Javascript[P]> } = {
  more: () => import("./more.js"),
  cache: () => import("./cache.js"),
  downloads: () => import("./downloads.js"),
};

const coming = new Map<Part, Promise<void>>();
const here: Partial<Javascript> = {};
/** The JavaScript of parts that need not be imported. */
let imported: Partial<Javascript> = {};

let locate: (part: Part) => InitInput | Promise<InitInput> = (part) => FILES[part]();

/** From now on parts are where this says. */
export function locateBy(by: typeof locate): void {
  locate = by;
}

/**
 * From now on the JavaScript of parts is this.
 *
 * @internal
 */
export function have(javascript: Javascript): void {
  imported = javascript;
}

/** True when all of these are there. */
export function areHere(parts: readonly Part[]): boolean {
  return parts.every((part) => part in here);
}

/**
 * The JavaScript of a part that is there.
 *
 * @internal
 */
export function partOf<P extends Part>(part: P): Javascript[P] {
  return here[part] as Javascript[P];
}

/** The error of who needs a part that cannot be had. */
export function lack(init: SessionErrorInit): SessionError {
  return new SessionError("cannotLoadFromNetwork", "a part of urlsession cannot be loaded", init);
}

/** Loads what is not there yet of these; rejected with a {@link lack}. It may be called again when it fails. */
export async function bring(parts: readonly Part[]): Promise<void> {
  if (areHere(parts)) return;
  try {
    await Promise.all(parts.map((part) => once(part)));
  } catch (cause) {
    throw lack({ cause });
  }
}

/** The same, where nobody waits for it, and who needs it later tries again. */
export function bringAhead(parts: readonly Part[]): void {
  bring(parts).catch(() => {});
}

function once(part: Part): Promise<void> {
  const before = coming.get(part);
  if (before !== undefined) return before;
  const begun = load(part);
  coming.set(part, begun);
  begun.catch(() => coming.delete(part));
  return begun;
}

async function load<P extends Part>(part: P): Promise<void> {
  // A module that was built whole has all parts, but for their JavaScript.
  const module = raw.addPart && found(part);
  // It is only waited for once the base is there.
  module?.catch(() => {});
  if (part !== "more") await once("more");
  const content = await module;
  // Asked for where there is a network: not every browser asks again for a script that could not be had.
  const javascript = await (imported[part] ?? IMPORTS[part]().catch(inServiceWorker));
  if (content !== undefined) await raw.addPart?.(content, javascript);
  here[part] = javascript;
}

/** Says of the lack of a script what is to be done about it where no script can be had so. */
function inServiceWorker(cause: unknown): never {
  if (!("ServiceWorkerGlobalScope" in globalThis)) throw cause;
  throw new Error("a service worker imports urlsession/service-worker in place of urlsession", { cause });
}

/** The part's module, or a response that brings it. */
async function found(part: Part): Promise<Response | BufferSource | WebAssembly.Module> {
  const input = await locate(part);
  const isElsewhere = typeof input === "string" || input instanceof URL || isRequest(input);
  return isElsewhere ? fetch(input, { signal: AbortSignal.timeout(PATIENCE) }) : input;
}

function isRequest(input: unknown): input is Request {
  return typeof Request !== "undefined" && input instanceof Request;
}
