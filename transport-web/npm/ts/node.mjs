// The package in Node, whose fetch reads no files: the module is read from beside this file.

import { readFile } from "node:fs/promises";
import load from "./index.js";

export * from "./index.js";

export default function init(module) {
  return load(module ?? readFile(new URL("urlsession_bg.wasm", import.meta.url)));
}
