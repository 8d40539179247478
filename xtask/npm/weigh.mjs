// Prints what files weigh together, as JSON: their bytes, and their bytes after gzip and brotli at their best, each by itself.
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const contents = process.argv.slice(2).map((file) => readFileSync(file));
const sum = (length) => contents.map(length).reduce((total, bytes) => total + bytes, 0);
const compressed = (content) =>
  brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
console.log(
  JSON.stringify({
    raw: sum((content) => content.length),
    gzip: sum((content) => gzipSync(content, { level: 9 }).length),
    brotli: sum((content) => compressed(content).length),
  }),
);
