// The package in Node, whose fetch reads no files: the module is read from beside this file.

import { readFile } from "node:fs/promises";
import load from "./index.js";

export * from "./index.js";

const beside = (name) => readFile(new URL(`urlsession_${name}.wasm`, import.meta.url));

export default function init(module, parts) {
  return load(module ?? beside("bg"), parts ?? beside);
}
