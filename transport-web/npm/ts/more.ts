/** The JavaScript of the module's part `more`. */

export * from "./wasm/urlsession_more.js";
export { default } from "./wasm/urlsession_more.js";
export { begin, canInit, pull, stop } from "./loads.js";
export { responseOf } from "./made.js";
export { metricsOf } from "./measured.js";
