/** The JavaScript of the module's part `cache`. */

export * from "./wasm/urlsession_cache.js";
export { default } from "./wasm/urlsession_cache.js";
export { ofList, toList } from "./kept.js";
