/** The loading of the part in WebAssembly. */

import load, { call } from "./wasm/urlsession.js";
import { Call } from "./calls.js";
import { areHere, bring, have, type Javascript, locateBy, type Part } from "./parts.js";

/** Where the module comes from, where that is not beside this file. */
export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

/** The parts of the module beside the first. */
const PARTS: readonly Part[] = ["more", "cache", "downloads"];

let loading: Promise<void> | null = null;
let isLoaded = false;

/**
 * Loads the module. Call it once before anything else; further calls give the same promise. When it fails it may be called again.
 *
 * The module is beside this file, and found by `import.meta.url`, so that bundlers see it. Where it is elsewhere, say so: a URL, a `Response`, its
 * bytes, or a `WebAssembly.Module`, which a page may compile once and post to its workers.
 *
 * Its other parts (`urlsession_more.wasm`, `urlsession_cache.wasm`, `urlsession_downloads.wasm`) are loaded when they are first needed, from beside it where it was said
 * by a URL or a `Response`, else from beside this file; `parts` says otherwise, in the same ways. See {@link preload}.
 */
export default function init(
  module?: InitInput | Promise<InitInput>,
  parts?: (part: Part) => InitInput | Promise<InitInput>,
): Promise<void>;
/**
 * The same with the JavaScript of the parts, for `urlsession/service-worker`.
 *
 * @internal
 */
export default function init(
  module?: InitInput | Promise<InitInput>,
  parts?: (part: Part) => InitInput | Promise<InitInput>,
  javascript?: Javascript,
): Promise<void>;
export default function init(
  module?: InitInput | Promise<InitInput>,
  parts?: (part: Part) => InitInput | Promise<InitInput>,
  javascript?: Javascript,
): Promise<void> {
  if (javascript !== undefined) have(javascript);
  loading ??= begun(module, parts).catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function begun(
  input: InitInput | Promise<InitInput> | undefined,
  parts?: (part: Part) => InitInput | Promise<InitInput>,
): Promise<void> {
  const module = await input;
  const base = placeOf(module);
  if (parts !== undefined) locateBy(parts);
  else if (base !== undefined) locateBy((part) => new URL(`urlsession_${part}.wasm`, base));
  await load(module === undefined ? undefined : { module_or_path: module });
  // Where each redirect is seen, any task may be led on by one.
  const seesRedirects = (call(Call.Capabilities, 0, 0) & 1) !== 0;
  if (seesRedirects) await bring(["more"]);
  isLoaded = true;
}

/** The URL of a module, where it was said by one. */
function placeOf(module: InitInput | undefined): string | undefined {
  const place = typeof module === "string" || module instanceof URL ? module : (module as { url?: unknown } | undefined)?.url;
  // A response that the app made has an empty one.
  if (place === "" || (typeof place !== "string" && !(place instanceof URL))) return undefined;
  const page = (globalThis as { document?: Document }).document?.baseURI ?? globalThis.location?.href;
  try {
    return new URL(place, page).href;
  } catch {
    return undefined;
  }
}

/**
 * Loads all parts of the module, or those that are named, which else are loaded when they are first needed: by a task in whose way that is, whose beginning waits for it, and which
 * fails with `cannotLoadFromNetwork` where they cannot be had, as this does. So an app that goes on offline, or cannot wait, calls it when it begins:
 *
 * ```ts
 * await init();
 * void preload().catch(() => {}); // not in the way of the first request
 * ```
 *
 * `cache` is what a {@link UrlCache} takes, `downloads` what a {@link DownloadTask} takes, and `more` what both of them take, and bodies that are neither text nor few bytes or
 * that a delegate is asked for, retries, metrics, {@link Session.response}, URLs, methods and protocols beside HTTP's own, `redirectSafeHeaders`, and waiting for a network or objecting to one.
 * When it fails it may be called again.
 */
export async function preload(...parts: Part[]): Promise<void> {
  mustBeReady();
  const wanted = parts.length === 0 ? PARTS : parts;
  const odd = wanted.find((part) => !PARTS.includes(part));
  if (odd !== undefined) throw new TypeError(`no such part: ${String(odd)}`);
  if (!areHere(wanted)) await bring(wanted);
}

/**
 * Throws before the module is there.
 *
 * @internal
 */
export function mustBeReady(): void {
  if (!isLoaded) throw new Error("urlsession is not there yet: `await init()` first");
}
