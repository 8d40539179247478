/** The loading of the part in WebAssembly. */

import load from "./wasm/urlsession.js";

/** Where the module comes from, where that is not beside this file. */
export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

let loading: Promise<void> | null = null;
let isLoaded = false;

/**
 * Loads the module. Call it once before anything else; further calls give the same promise. When it fails it may be called again.
 *
 * The module is beside this file, and found by `import.meta.url`, so that bundlers see it. Where it is elsewhere, say so: a URL, a `Response`, its
 * bytes, or a `WebAssembly.Module`, which a page may compile once and post to its workers.
 */
export default function init(module?: InitInput | Promise<InitInput>): Promise<void> {
  loading ??= load(module === undefined ? undefined : { module_or_path: module }).then(
    () => {
      isLoaded = true;
    },
    (error: unknown) => {
      loading = null;
      throw error;
    },
  );
  return loading;
}

/**
 * Throws before the module is there.
 *
 * @internal
 */
export function mustBeReady(): void {
  if (!isLoaded) throw new Error("urlsession is not there yet: `await init()` first");
}
