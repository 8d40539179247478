/** The JavaScript of the module's part `downloads`. */

export * from "./wasm/urlsession_downloads.js";
export { default } from "./wasm/urlsession_downloads.js";
