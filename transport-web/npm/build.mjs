// Makes the npm package of the module that cargo and wasm-bindgen made:
//
//     node build.mjs <folder of the glue> <folder of the package> <folder node_modules, with esbuild and typescript>
//
// The first has `urlsession.js`, `urlsession_bg.wasm` and `snippets`, as `wasm-bindgen` or `wasm-pack build` writes them with `--target web --out-name urlsession`, optimised
// or not, and the other parts of a module that is in parts, a `.wasm` and a `.js` of each. The second is made anew, as `npm pack` takes it.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [glue, out, tools] = process.argv.slice(2).map((path) => resolve(path));
if (tools === undefined) {
  throw new Error("usage: node build.mjs <folder of the glue> <folder of the package> <folder node_modules>");
}
const esbuild = createRequire(join(tools, "x"))("esbuild");

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

// TypeScript finds the glue beside it, as the hand-written declarations say.
const work = join(dirname(out), ".urlsession-ts");
rmSync(work, { recursive: true, force: true });
cpSync(join(here, "ts"), work, { recursive: true });
cpSync(join(glue, "urlsession.js"), join(work, "wasm", "urlsession.js"));
// What the glue imports: the JavaScript of crates.
cpSync(join(glue, "snippets"), join(work, "wasm", "snippets"), { recursive: true });

const parts = ["more", "cache", "downloads"].map((name) => ({ name, file: `urlsession_${name}.js` }));
const isInParts = readFileSync(join(glue, "urlsession.js"), "utf8").includes("function addPart(");
for (const { file } of parts) {
  const javascript = join(work, "wasm", file);
  if (isInParts) cpSync(join(glue, file), javascript);
  // What the module has of it is in the glue.
  else writeFileSync(javascript, "export default undefined;\n");
}

/** A part's own file in the package, which is loaded when it is needed; a module that is whole has it in the one that is loaded first. */
const apart = {
  name: "apart",
  setup(build) {
    build.onResolve({ filter: /^\.\/\w+\.js$/ }, ({ path, kind }) => {
      const part = parts.find(({ name }) => path === `./${name}.js`);
      return isInParts && kind === "dynamic-import" && part ? { path: `./${part.file}`, external: true } : undefined;
    });
  },
};

/** Makes a file of the package; gives the files that are in it. */
async function bundle(from, to) {
  const { metafile } = await esbuild.build({
    entryPoints: [join(work, from)],
    outfile: join(out, to),
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "none",
    metafile: true,
    plugins: [apart],
  });
  return Object.keys(metafile.inputs).map((path) => basename(path));
}

const first = await bundle("index.ts", "index.js");
/** What may be in several files: it has no state, and nobody asks whose it is. */
const SMALL = ["wire.ts"];
for (const { name, file } of isInParts ? parts : []) {
  const twice = (await bundle(`${name}.ts`, file)).filter((path) => first.includes(path) && !SMALL.includes(path));
  if (twice.length > 0) throw new Error(`${twice} would be in index.js and in ${file}`);
}
execFileSync(join(tools, ".bin", "tsc"), ["-p", work, "--outDir", join(out, "types")], { stdio: "inherit" });
prune(join(out, "types"), "index.d.ts");
const modules = readdirSync(glue).filter((name) => name.endsWith(".wasm"));
for (const name of modules) cpSync(join(glue, name), join(out, name));
cpSync(join(here, "ts", "node.mjs"), join(out, "node.js"));
const inServiceWorker = readFileSync(join(here, "ts", "service-worker.mjs"), "utf8");
const whole = 'export * from "./index.js";\nexport { default } from "./index.js";\n';
writeFileSync(join(out, "service-worker.js"), isInParts ? inServiceWorker : whole);

const version = /\[workspace\.package\]\nversion = "([^"]+)"/.exec(
  readFileSync(join(here, "../../Cargo.toml"), "utf8"),
)?.[1];
const manifest = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
writeFileSync(join(out, "package.json"), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
cpSync(join(here, "README.md"), join(out, "README.md"));
for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) {
  cpSync(join(here, "../..", licence), join(out, licence));
}
rmSync(work, { recursive: true, force: true });

/** Leaves, of a folder of declarations, those that the first one leads to. */
function prune(folder, first) {
  const needed = new Set();
  const follow = (name) => {
    if (needed.has(name)) return;
    needed.add(name);
    const text = readFileSync(join(folder, name), "utf8");
    for (const [, found] of text.matchAll(/from "\.\/([\w/-]+)\.js"/g)) follow(`${found}.d.ts`);
  };
  follow(first);
  for (const name of readdirSync(folder)) {
    if (!needed.has(name)) rmSync(join(folder, name), { recursive: true });
  }
}
