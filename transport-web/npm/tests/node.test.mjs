// The package in Node: every case, and the module behind it with a host that means harm.
//
//     URLSESSION_PACKAGE=<folder> URLSESSION_GLUE=<folder> URLSESSION_ORIGIN=<the origin server's line> node --test node.test.mjs

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { cases, check } from "./cases.mjs";

const folder = resolve(process.env.URLSESSION_PACKAGE);
const origin = JSON.parse(process.env.URLSESSION_ORIGIN).http.replace(/\/$/, "");
const lib = await import(pathToFileURL(join(folder, "node.js")).href);

test("nothing works before init, and init may be called again", async () => {
  assert.throws(() => new lib.Session(), /init/);
  assert.throws(() => new lib.UrlCache(), /init/);
  assert.throws(() => lib.capabilities(), /init/);
  await Promise.all([lib.default(), lib.default()]);
  await lib.default();
  assert.equal(typeof lib.capabilities().redirects, "boolean");
});

for (const [sentence, claim] of cases) {
  test(sentence, { timeout: 30_000 }, () => claim({ lib, origin, check }));
}

test("a program ends when its last task has, whatever time the session would have given it", { timeout: 50_000 }, async () => {
  const program = `
    import init, { Session } from ${JSON.stringify(pathToFileURL(join(folder, "node.js")).href)};
    await init();
    globalThis.session = new Session({ timeoutIntervalForRequest: 3600 });
    console.log((await session.data(${JSON.stringify(`${origin}/Nepal`)})).response.status);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], { timeout: 40_000 });
  assert.equal(stdout, "200\n");
});

test("numbers that nobody gave out, and hosts that throw, are harmless to the module", async () => {
  const glue = resolve(process.env.URLSESSION_GLUE);
  const raw = await import(pathToFileURL(join(glue, "urlsession.js")).href);
  await raw.default({ module_or_path: await readFile(join(glue, "urlsession_bg.wasm")) });
  for (const part of ["more", "cache", "downloads"]) {
    const javascript = await import(pathToFileURL(join(glue, `urlsession_${part}.js`)).href);
    await raw.addPart(await readFile(join(glue, `urlsession_${part}.wasm`)), javascript);
  }
  const numbers = new Float64Array([Infinity, -5, 2, NaN, 7, 1e308, 99, -1, 300, 1, 1, 1e300, 0, 1e9, -1, 1e300, -5, 1e300, 1e300, 1e300, 3, 0, 99, 503, 1e300, 1, -1001]);
  const exported = Object.entries(raw).filter(([name]) => /^(session_|cache_|call$|look$|ask$)/.test(name));
  assert.equal(exported.length, 9);
  const arguments_ = [
    [],
    [0, 0, 0, 0, 0, 0, 0, 0],
    [4294967295, 4294967295, 255, "", NaN, NaN, NaN, 255, {}, 4294967295],
    [4294967295, 4294967295, true, 255, "", NaN, 4294967295, {}, 4294967295],
    // Every deed, whatever the number is of.
    ...[1, 5000, 4294967295].flatMap((number) => [...Array(18).keys()].map((deed) => [deed, number, NaN, "x", null])),
  ];
  let depth = 0;
  let isHostile = true;
  const everything = () => {
    for (const [name, call] of exported) {
      if (name === "session_new") continue;
      for (const given of [[1], [7], [2, false, 3], ...arguments_]) {
        try {
          call(...given)?.catch?.(() => {});
        } catch (error) {
          // The glue's own checks of types are no fault of the module; a trap is.
          assert.ok(!(error instanceof WebAssembly.RuntimeError), `${name}: ${error}`);
        }
      }
    }
  };
  const values = [undefined, null, 0, -1, NaN, "x", {}, [], () => {}, Symbol("s"), Promise.resolve("x"), Promise.reject(new Error("r")), new Uint8Array(3)];
  values[11].catch(() => {});
  const completed = [];
  let answer;
  const host = {
    tell(event, number) {
      if (event === 17) completed.push(number);
      if (isHostile && depth < 2) {
        depth += 1;
        everything();
        depth -= 1;
      }
      answer = values[Math.floor(Math.random() * values.length)];
      if (typeof answer === "symbol" || Math.random() < 0.2) throw answer;
      return answer !== undefined;
    },
    answer: () => answer,
    numbers: (...all) => all,
  };
  const trapped = [];
  const note = (error) => trapped.push(error);
  process.on("uncaughtException", note);
  for (let round = 0; round < 40; round++) {
    const [session, task] = [1000 + round, 5000 + round * 10];
    raw.session_new(session, host, numbers, "a\nb\nbroken", "x\n\n", true, "GET\n\nA B", 0, 2, 4294967295);
    raw.session_task(session, task, false, 31, `GET\n${origin}/bytes/100000`, NaN, 0, undefined);
    raw.session_task(session, task + 1, true, 31, `POST\n${origin}/echo`, -1, 4294967295, new Blob(["x"]));
    raw.session_task(session, task + 2, false, 31, "nonsense", NaN, 0, new Proxy({}, { get() { throw new Error(); } }));
    raw.session_download(session, task + 3, 31, `GET\n${origin}/bytes/100000`, NaN, 0, undefined, undefined, undefined, false, 4294967295);
    raw.session_download(session, task + 4, 31, "", NaN, 0, undefined, "..", "urlsession-resume 1\n", true, 0);
    raw.session_task(session, task + 5, false, 31, "GET\nnote:x", NaN, 8, "body");
    for (let at = 0; at < 6; at++) raw.call(1, task + at, 0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    raw.call(8, session, 0);
    if (round % 2) raw.call(9, session, 0);
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  process.off("uncaughtException", note);
  isHostile = false;
  assert.deepEqual(trapped.filter((error) => error instanceof WebAssembly.RuntimeError), []);
  assert.equal(new Set(completed).size, completed.length, "a task ended twice");
  assert.equal(raw.call(0, 4294967295, 0), 3);
});
