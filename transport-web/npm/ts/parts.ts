/**
 * The parts of the module that are loaded when they are first needed.
 *
 * What is in each, and what only runs once it is there, `xtask/src/web/parts/plan.rs` says. Here is said when that is; whoever asks the module for it waits for
 * {@link bring} first.
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

const coming = new Map<Part, Promise<void>>();
const here = new Set<Part>();

let locate: (part: Part) => InitInput | Promise<InitInput> = (part) => FILES[part]();

/** From now on parts are where this says. */
export function locateBy(by: typeof locate): void {
  locate = by;
}

/** True when all of these are there. */
export function areHere(parts: readonly Part[]): boolean {
  // A module that was built whole has them all.
  return raw.addPart === undefined || parts.every((part) => here.has(part));
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

async function load(part: Part): Promise<void> {
  const module = found(part);
  // It is only waited for once the base is there.
  module.catch(() => {});
  if (part !== "more") await once("more");
  await raw.addPart?.(await module);
  here.add(part);
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
