// The package as it is shipped: its files, its types under the strictest settings, every example of its README.
//
//     node checks.mjs <folder of the package> <folder of the glue> <folder node_modules>

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [folder, glue, modules] = process.argv.slice(2).map((path) => resolve(path));
const PARTS = ["cache", "downloads", "more"];
const MODULES = ["bg", ...PARTS].map((part) => `urlsession_${part}.wasm`);
const SCRIPTS = PARTS.map((part) => `urlsession_${part}.js`);
const work = mkdtempSync(join(tmpdir(), "urlsession-types-"));

try {
  files();
  types();
} finally {
  rmSync(work, { recursive: true });
}

/** The package has what it must have, and nothing else. */
function files() {
  const listed = execFileSync("npm", ["pack", "--dry-run", "--json", "--silent"], { cwd: folder, encoding: "utf8" });
  const [{ files, name }] = JSON.parse(listed);
  const paths = files.map(({ path }) => path).sort();
  assert.equal(name, "urlsession");
  assert.deepEqual(
    paths.filter((path) => !path.startsWith("types/")),
    ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "index.js", "node.js", "package.json", "service-worker.js", ...SCRIPTS, ...MODULES].sort(),
  );
  const declarations = paths.filter((path) => path.startsWith("types/"));
  assert.ok(declarations.includes("types/index.d.ts") && declarations.every((path) => path.endsWith(".d.ts")));
  for (const inner of ["hub", "host", "transfer", "reader"]) {
    assert.ok(!declarations.includes(`types/${inner}.d.ts`), `types/${inner}.d.ts is nobody's business`);
  }
  const code = readFileSync(join(folder, "index.js"), "utf8");
  for (const module of MODULES) {
    assert.match(code, new RegExp(`new URL\\("${module}",\\s*import\\.meta\\.url\\)`), `bundlers could not see ${module}`);
  }
  for (const script of SCRIPTS) {
    assert.ok(code.includes(`import("./${script}")`), `bundlers could not see ${script}`);
    const part = readFileSync(join(folder, script), "utf8");
    assert.doesNotMatch(part, /\bimport\b/, `${script} imports something`);
  }
  console.log(`${paths.length} files`);
}

/** The declarations, the tests over them, the README's examples, and the seam to the module compile. */
function types() {
  mkdirSync(join(work, "node_modules"));
  symlinkSync(folder, join(work, "node_modules", "urlsession"), "dir");
  symlinkSync(glue, join(work, "glue"), "dir");
  symlinkSync(join(here, "..", "ts"), join(work, "ts"), "dir");
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const examples = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code);
  assert.ok(examples.length >= 8, "the README has lost its examples");
  examples.forEach((code, at) => writeFileSync(join(work, `readme-${at + 1}.ts`), code));
  writeFileSync(join(work, "types.ts"), readFileSync(join(here, "types.ts")));
  writeFileSync(
    join(work, "seam.ts"),
    `import type * as declared from "./ts/wasm/urlsession.js";
import * as generated from "./glue/urlsession.js";
// The glue's own, beside what the module exports.
type Own = "default" | "initSync" | "addPart";
type Names<T> = Exclude<keyof T, Own>;
type Odd = Exclude<Names<typeof declared>, Names<typeof generated>> | Exclude<Names<typeof generated>, Names<typeof declared>>;
export const none: [Odd] extends [never] ? true : Odd = true;
export const calls: Omit<typeof declared, Own> = generated;
type Counts<T> = { [N in Names<T>]: T[N] extends (...given: infer G) => unknown ? G["length"] : never };
export const counts: Counts<typeof generated> = null as unknown as Counts<typeof declared>;
`,
  );
  const options = {
    target: "ES2022",
    lib: ["ES2022", "ESNext.Disposable", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    module: "ESNext",
    moduleResolution: "Bundler",
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    preserveSymlinks: true,
    noEmit: true,
  };
  // The seam leads to the sources, which are compiled by settings of their own.
  const seam = { ...options, exactOptionalPropertyTypes: false };
  const projects = { users: [options, ["readme-*.ts", "types.ts"]], seam: [seam, ["seam.ts"]] };
  for (const [name, [compilerOptions, include]] of Object.entries(projects)) {
    const project = join(work, `${name}.json`);
    writeFileSync(project, JSON.stringify({ compilerOptions, include }));
    execFileSync(join(modules, ".bin", "tsc"), ["-p", project], { stdio: "inherit" });
  }
  console.log(`${examples.length} examples`);
}
