// The parts of the module that are loaded when they are first needed: who waits for them, and what is when they do not come.
//
//     URLSESSION_PACKAGE=<folder> URLSESSION_ORIGIN=<the origin server's line> node --test parts.test.mjs

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const folder = resolve(process.env.URLSESSION_PACKAGE);
const origin = JSON.parse(process.env.URLSESSION_ORIGIN).http.replace(/\/$/, "");
const file = (part) => readFile(join(folder, `urlsession_${part}.wasm`));

let copies = 0;

/** The package anew, its parts given by `find`; and which were asked for. In Node the base is there at once: any task may be led on by a redirect. */
async function anew(find = file, from = folder) {
  const lib = await import(`${pathToFileURL(join(from, "index.js")).href}?${++copies}`);
  const asked = [];
  await lib.default(await file("bg"), (part) => {
    asked.push(part);
    return part === "more" ? file(part) : find(part);
  });
  assert.deepEqual(asked, ["more"]);
  asked.length = 0;
  return { lib, asked };
}

/** The package whose parts come once they are let. */
async function held() {
  let come;
  const let_ = new Promise((resolve) => (come = resolve));
  const { lib, asked } = await anew(async (part) => (await let_, file(part)));
  return { lib, asked, come };
}

const failure = (promise) => promise.then(() => assert.fail("it did not fail"), (error) => error);

test("what needs no part asks for none", async () => {
  const { lib, asked } = await anew(() => assert.fail("a part was asked for"));
  const session = new lib.Session({ retryPolicy: { maximumAttempts: 2, baseDelay: 0 }, collectsMetrics: true });
  assert.equal((await session.data(`${origin}/status/503`)).response.status, 503);
  assert.equal((await session.upload(`${origin}/echo`, new Blob(["body"]))).response.status, 200);
  assert.equal(new TextDecoder().decode((await session.data("data:,text")).data), "text");
  assert.deepEqual(asked, []);
});

test("a task with a cache begins once that is there, and runs in the app's eyes", async () => {
  const { lib, asked, come } = await held();
  const session = new lib.Session({ urlCache: new lib.UrlCache() });
  const task = session.dataTask(`${origin}/Nepal`);
  const states = [];
  task.addEventListener("statechange", () => states.push(task.state));
  assert.deepEqual(asked, ["cache"]);
  assert.equal(task.state, "suspended");
  assert.equal(task.resume().state, "running");
  assert.equal(task.suspend().state, "suspended");
  assert.equal(task.suspend().state, "suspended");
  assert.equal(task.resume().state, "suspended");
  assert.equal(task.resume().state, "running");
  assert.deepEqual(session.tasks, [task]);
  assert.equal(task.progress.completed, 0);
  come();
  assert.equal((await task.finished).response.status, 200);
  assert.deepEqual(states, ["running", "suspended", "running", "completed"]);
  assert.deepEqual(asked, ["cache"]);
});

test("one that is suspended when its part comes stays so", async () => {
  const { lib, come } = await held();
  const task = new lib.Session({ urlCache: new lib.UrlCache() }).dataTask(`${origin}/Nepal`);
  task.resume().suspend();
  come();
  await lib.preload();
  await new Promise(setImmediate);
  assert.equal(task.state, "suspended");
  assert.equal((await task.resume().finished).response.status, 200);
});

test("a part that cannot be had fails who needs it, and is asked for again by the next", async () => {
  let isThere = false;
  const broken = new TypeError("no network");
  const { lib } = await anew((part) => (isThere ? file(part) : Promise.reject(broken)));
  const session = new lib.Session({ urlCache: new lib.UrlCache() });
  const completed = [];
  const delegate = { taskDidComplete: (_, error) => completed.push(error) };
  const error = await failure(session.data(`${origin}/Nepal`, { delegate }));
  assert.deepEqual([error.name, error.code, error.url, error.cause], ["SessionError", "cannotLoadFromNetwork", `${origin}/Nepal`, broken]);
  assert.deepEqual(completed, [error]);
  assert.equal((await failure(session.download(`${origin}/Nepal`))).cause, broken);
  for (const asking of [session.configuration.urlCache.removeAllCachedResponses(), session.reset(), lib.preload()]) {
    const { code, cause } = await failure(asking);
    assert.deepEqual([code, cause], ["cannotLoadFromNetwork", broken]);
  }
  isThere = true;
  assert.equal((await session.data(`${origin}/Nepal`)).response.status, 200);
  await lib.preload();
});

test("a part that is none is an error of who needs it", async () => {
  const { lib } = await anew(() => new Uint8Array([1, 2, 3]));
  const error = await failure(new lib.Session({ urlCache: new lib.UrlCache() }).data(`${origin}/Nepal`));
  assert.equal(error.code, "cannotLoadFromNetwork");
  assert.ok(error.cause instanceof WebAssembly.CompileError);
});

test("a part of another version of the module is none", async () => {
  const { exports, imports } = WebAssembly.Module;
  const names = exports(new WebAssembly.Module(await file("bg"))).map(({ name }) => name);
  const mark = imports(new WebAssembly.Module(await file("cache"))).find(({ kind }) => kind === "memory").name;
  assert.ok(mark.length > 8 && names.includes(mark));
  const { lib } = await anew(async (part) => Buffer.from((await file(part)).toString("latin1").replace(mark, `m${"0".repeat(mark.length - 1)}`), "latin1"));
  const error = await failure(new lib.Session({ urlCache: new lib.UrlCache() }).data(`${origin}/Nepal`));
  assert.equal(error.code, "cannotLoadFromNetwork");
  assert.ok(error.cause instanceof WebAssembly.LinkError);
  assert.equal((await new lib.Session().data(`${origin}/Nepal`)).response.status, 200);
});

/** What `use` comes to with a copy of the package in which the JavaScript of the part `cache` is this, or absent. */
async function withScript(script, use) {
  const copy = await mkdtemp(join(tmpdir(), "urlsession-copy-"));
  const place = join(copy, "urlsession_cache.js");
  try {
    await cp(folder, copy, { recursive: true });
    await rm(place);
    if (script !== undefined) await writeFile(place, script);
    return await use(await anew(file, copy), place);
  } finally {
    await rm(copy, { recursive: true });
  }
}

const script = await readFile(join(folder, "urlsession_cache.js"), "utf8");

test("JavaScript of a part that cannot be had fails who needs it, and is asked for again by the next", async () => {
  await withScript(undefined, async ({ lib }, place) => {
    const session = new lib.Session({ urlCache: new lib.UrlCache() });
    const error = await failure(session.data(`${origin}/Nepal`));
    assert.deepEqual([error.code, error.url, error.cause.code], ["cannotLoadFromNetwork", `${origin}/Nepal`, "ERR_MODULE_NOT_FOUND"]);
    assert.equal((await new lib.Session().data(`${origin}/Nepal`)).response.status, 200);
    await writeFile(place, script);
    assert.equal((await session.data(`${origin}/Nepal`)).response.status, 200);
  });
});

test("JavaScript of a part of another version is none", async () => {
  const [mark] = /"m[\da-f]{6,16}"/.exec(script);
  await withScript(script.replace(mark, '"m0"'), async ({ lib }) => {
    const error = await failure(new lib.Session({ urlCache: new lib.UrlCache() }).data(`${origin}/Nepal`));
    assert.deepEqual([error.code, error.cause.message], ["cannotLoadFromNetwork", "of another version"]);
    assert.equal((await new lib.Session().data(`${origin}/Nepal`)).response.status, 200);
  });
});

test("who is given the JavaScript of the parts imports none", async () => {
  const { cache, ...others } = { more: await import(join(folder, "urlsession_more.js")), downloads: await import(join(folder, "urlsession_downloads.js")), cache: await import(join(folder, "urlsession_cache.js")) };
  await withScript(undefined, async (_, place) => {
    const lib = await import(pathToFileURL(join(place, "..", "index.js")).href);
    await lib.default(await file("bg"), file, { cache, ...others });
    assert.equal((await new lib.Session({ urlCache: new lib.UrlCache() }).data(`${origin}/Nepal`)).response.status, 200);
  });
});

test("cancel and suspend wait for nothing", async () => {
  const { lib } = await held();
  const session = new lib.Session({ urlCache: new lib.UrlCache() });
  for (const task of [session.dataTask(`${origin}/Nepal`), session.downloadTask(`${origin}/Nepal`)]) {
    task.suspend().resume();
    const reason = new Error("enough");
    task.resume().cancel(reason);
    const error = await failure(task.finished);
    assert.deepEqual([error.code, error.cause, error.resumeData], ["cancelled", reason, null]);
  }
  const unbegun = session.downloadTask(`${origin}/Nepal`);
  assert.equal(await unbegun.cancelProducingResumeData(), null);
  assert.equal((await failure(unbegun.finished)).code, "cancelled");
});

test("a download that its part has not made yet is a task like any", async () => {
  const { lib, come } = await held();
  const session = new lib.Session();
  const [running, never, data, cancelled] = [session.downloadTask(`${origin}/Nepal`, { priority: 0.75 }), session.downloadTask(`${origin}/Nepal`), session.dataTask(`${origin}/Nepal`), session.downloadTask(`${origin}/Nepal`)];
  assert.deepEqual([running.id, never.id, data.id, cancelled.id], [1, 2, 3, 4]);
  assert.deepEqual([running.priority, never.priority], [0.75, 0.5]);
  never.priority = 7;
  assert.equal(never.priority, 1);
  assert.deepEqual([running.state, running.response, running.countOfBytesReceived, running.countOfBytesExpectedToReceive, running.progress.fraction], ["suspended", null, 0, null, 0]);
  running.resume();
  assert.deepEqual(session.tasks, [running]);
  cancelled.priority = 0.25;
  cancelled.cancel();
  assert.equal(cancelled.state, "canceling");
  const error = await failure(cancelled.finished);
  assert.deepEqual([error.code, error.url, cancelled.state, cancelled.priority], ["cancelled", `${origin}/Nepal`, "completed", 0.25]);
  session.finishTasksAndInvalidate();
  assert.equal((await failure(never.finished)).code, "cancelled");
  const late = session.downloadTask(`${origin}/Nepal`);
  assert.equal((await failure(late.finished)).code, "cancelled");
  come();
  assert.equal(await (await running.finished).file.text(), "Kathmandu");
  assert.equal(running.priority, 0.75);
  const closed = session.downloadTask(`${origin}/Nepal`);
  assert.equal(closed.state, "completed");
  assert.equal((await failure(closed.finished)).code, "cancelled");
});

test("what is wrong with a download is said once its part is there", async () => {
  const { lib, come } = await held();
  const session = new lib.Session();
  const tasks = [session.downloadTask("http://["), session.downloadTask({ resumeData: lib.ResumeData.fromJSON("damaged") })];
  for (const task of tasks) task.resume();
  come();
  const [badUrl, damaged] = await Promise.all(tasks.map((task) => failure(task.finished)));
  assert.deepEqual([badUrl.code, damaged.code], ["badURL", "unsupportedURL"]);
});

test("a download that goes on loses nothing where its part does not come", async () => {
  const { lib: first } = await anew();
  const session = new first.Session();
  const begun = session.downloadTask(`${origin}/bytes/3000000?rate=4000000`);
  const some = new Promise((resolve) => begun.addEventListener("progress", ({ loaded }) => loaded > 0 && resolve()));
  begun.resume();
  await some;
  const data = await begun.cancelProducingResumeData();
  assert.match(String(data), /^received [1-9]/m);
  const { lib, come } = await held();
  const kept = () => lib.ResumeData.fromJSON(data.toJSON());
  const later = new lib.Session().downloadTask({ resumeData: kept() });
  later.resume();
  assert.equal(String(await later.cancelProducingResumeData()), String(data));
  assert.equal(String((await failure(later.finished)).resumeData), String(data));
  const broken = await anew(() => Promise.reject(new TypeError("no network")));
  const lost = await failure(new broken.lib.Session().download({ resumeData: broken.lib.ResumeData.fromJSON(data.toJSON()) }));
  assert.equal(String(lost.resumeData), String(data));
  come();
});

test("a session that finishes waits for tasks whose part is on its way, and takes no more", async () => {
  const { lib, come } = await held();
  let ended;
  const invalid = new Promise((resolve) => (ended = resolve));
  const session = new lib.Session({ urlCache: new lib.UrlCache() }, { sessionDidBecomeInvalid: (_, error) => ended(error) });
  const [running, suspended, never] = [0, 1, 2].map(() => session.dataTask(`${origin}/Nepal`));
  running.resume();
  suspended.resume().suspend();
  never.suspend().resume();
  session.finishTasksAndInvalidate();
  assert.equal((await failure(session.data(`${origin}/Nepal`))).code, "cancelled");
  come();
  assert.equal((await running.finished).response.status, 200);
  assert.equal((await failure(never.finished)).code, "cancelled");
  assert.equal((await suspended.resume().finished).response.status, 200);
  assert.equal(await invalid, null);
});

test("a session that cancels waits for no part", async () => {
  const { lib } = await held();
  const session = new lib.Session({ urlCache: new lib.UrlCache() });
  const tasks = [session.dataTask(`${origin}/Nepal`).resume(), session.downloadTask(`${origin}/Nepal`), session.uploadTask(origin, "x").resume()];
  session.invalidateAndCancel();
  for (const task of tasks) assert.equal((await failure(task.finished)).code, "cancelled");
});

test("a data task becomes a download once that part is there", async () => {
  const { lib, asked, come } = await held();
  const delegate = { taskDidReceiveResponse: () => (come(), "becomeDownload") };
  const { file } = await new lib.Session().data(`${origin}/Nepal`, { delegate });
  assert.equal(await file.text(), "Kathmandu");
  assert.deepEqual(asked, ["downloads"]);
  const { lib: without } = await anew(() => Promise.reject(new TypeError("no network")));
  const error = await failure(new without.Session().data(`${origin}/Nepal`, { delegate }));
  assert.deepEqual([error.code, error.cause?.message], ["cannotLoadFromNetwork", "no network"]);
});

test("a cache is asked and set before its part is there", async () => {
  const { lib, asked, come } = await held();
  const cache = new lib.UrlCache({ memoryCapacity: 1000 });
  cache.memoryCapacity = 0;
  cache.memoryCapacity = 2000;
  assert.deepEqual([cache.memoryCapacity, cache.currentMemoryUsage, cache.diskCapacity], [2000, 0, 0]);
  const session = new lib.Session({ urlCache: cache });
  const asking = [cache.cachedResponse(`${origin}/Nepal`), cache.currentDiskUsage(), session.flush(), session.reset(), lib.preload("cache")];
  come();
  assert.deepEqual(await Promise.all(asking), [null, 0, undefined, undefined, undefined]);
  assert.deepEqual(asked, ["cache"]);
});

test("parts are asked for ahead", async () => {
  const { lib, asked } = await anew();
  await Promise.all([lib.preload(), lib.preload("downloads")]);
  await lib.preload("cache", "more");
  assert.deepEqual(asked.sort(), ["cache", "downloads"]);
  await assert.rejects(lib.preload("nonsense"), TypeError);
});

/** What is fetched where the module is said so, and all its parts are asked for. */
async function fetchedBy(module) {
  const lib = await import(`${pathToFileURL(join(folder, "index.js")).href}?${++copies}`);
  const fetched = [];
  const { fetch } = globalThis;
  globalThis.fetch = async (input) => {
    fetched.push(String(input));
    const name = /urlsession_(\w+)\.wasm/.exec(String(input))?.[1];
    return new Response(await file(name), { headers: { "content-type": "application/wasm" } });
  };
  try {
    await lib.default(module);
    await lib.preload();
  } finally {
    globalThis.fetch = fetch;
  }
  return fetched;
}

const OTHERS = ["more", "cache", "downloads"];

test("parts are beside a module that is said by a URL", async () => {
  const [module, ...parts] = await fetchedBy("https://cdn.example/v1/urlsession_bg.wasm?x");
  assert.equal(module, "https://cdn.example/v1/urlsession_bg.wasm?x");
  assert.deepEqual(parts, OTHERS.map((name) => `https://cdn.example/v1/urlsession_${name}.wasm`));
});

test("parts are beside the package where the module is bytes, or a response that comes from nowhere", async () => {
  const beside = OTHERS.map((name) => pathToFileURL(join(folder, `urlsession_${name}.wasm`)).href);
  // As in a page, beside which nothing is.
  globalThis.document = { baseURI: "https://page.example/app/" };
  try {
    for (const module of [await file("bg"), new Response(await file("bg"), { headers: { "content-type": "application/wasm" } })]) {
      assert.deepEqual(await fetchedBy(module), beside);
    }
  } finally {
    delete globalThis.document;
  }
});

test("the names that servers suggest lead nowhere else", async () => {
  const { HTTPURLResponse } = await import(pathToFileURL(join(folder, "index.js")).href);
  const named = (disposition, url = "http://a.example/") => HTTPURLResponse.of(url, 200, { "content-disposition": disposition }).suggestedFilename;
  for (const [name, safe] of [
    ["../../etc/passwd", "_.._etc_passwd"],
    ["/etc/passwd", "_etc_passwd"],
    [".bashrc", "bashrc"],
    ["...", "a.example"],
    ["", "a.example"],
    ["C:x", "C_x"],
    ["CON", "_CON"],
    ["con.txt", "_con.txt"],
    ["lpt1", "_lpt1"],
    ["COM9 .tar", "_COM9 .tar"],
    ["console", "console"],
    ["file.txt. .", "file.txt"],
    ["x".repeat(300), "x".repeat(255)],
    [`con.${"x".repeat(300)}`, `_con.${"x".repeat(250)}`],
  ]) {
    assert.equal(named(`attachment; filename="${name}"`), safe);
  }
  for (const [parameters, name] of [
    ["filename*=UTF-8''%e2%82%ac%20rates", "€ rates"],
    ["filename*=utf-8'en'%C2%A3; filename=a", "£"],
    ["filename=a; filename*=iso-8859-1'en'%A3%20rates", "£ rates"],
    ["filename*=UTF-8''%ff; filename=a", "a"],
    ["filename*=UTF-8''%2; filename=a", "a"],
    ["filename*=UTF-8''%zz; filename=a", "a"],
    ["filename*=koi8-r''x; filename=a", "a"],
    ["filename*=plain", "a.example"],
    ["filename*=UTF-8''..%2f..%2fetc", "_.._etc"],
    ["filename*=UTF-8''photo%E2%80%AEgpj.exe", "photogpj.exe"],
    [`filename*=UTF-8''${"%C3%A9".repeat(400)}`, "é".repeat(127)],
    ["FileName = x.txt ", "x.txt"],
    ['x="a; filename=no"; filename="a \\"b\\" c"', 'a "b" c'],
    ['filename="open; x', "open; x"],
    ["inline", "a.example"],
    ["other=1;; filename=a;b", "a"],
  ]) {
    assert.equal(named(`attachment; ${parameters}`), name, parameters);
  }
  assert.equal(named("filename=a", "http://a.example/b/document.pdf?q=/c"), "document.pdf");
  assert.equal(named("attachment; filename=é", "http://a.example/b/"), "a.example");
  assert.equal(HTTPURLResponse.of("data:text/plain,a/b").suggestedFilename, "Unknown");
});

test("progress tells the pace, by time and not by looks, and time at rest does not count", async () => {
  const { lib } = await anew();
  let body;
  const startLoading = () => new Response(new ReadableStream({ start: (to) => (body = to) }), { headers: { "content-length": "1000" } });
  const task = new lib.Session({ protocols: [{ scheme: "slow", startLoading }] }).dataTask("slow:a");
  const heard = (type) => new Promise((resolve) => task.addEventListener(type, resolve, { once: true }));
  let now = performance.now();
  performance.now = () => now;
  const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);
  const receive = async (seconds, bytes) => {
    now += seconds * 1000;
    const came = heard("data");
    body.enqueue(new Uint8Array(bytes));
    await came;
    return task.progress;
  };
  try {
    const response = heard("response");
    task.resume();
    await response;
    const begun = { completed: 0, total: 1000, fraction: 0, throughput: null, remaining: null };
    assert.deepEqual(task.progress, begun);
    const once = await receive(1, 100);
    assert.deepEqual([once.completed, once.fraction], [100, 0.1]);
    near(once.throughput, 100);
    near(once.remaining, 9);
    for (let at = 0; at < 5; at++) near((await receive(0.2, 20)).throughput, 100);
    task.suspend();
    assert.deepEqual(task.progress, { ...begun, completed: 200, fraction: 0.2 });
    now += 50_000;
    task.resume();
    near(task.progress.throughput, 100);
    near((await receive(1, 100)).throughput, 100);
    now += 3000;
    // Three seconds at 100 a second, then three at none: what lies that far back weighs 1/e of what was seen last.
    near(task.progress.throughput, 100 / (1 + Math.E));
    body.enqueue(new Uint8Array(700));
    body.close();
    await task.finished;
    assert.deepEqual(task.progress, { ...begun, completed: 1000, fraction: 1 });
  } finally {
    delete performance.now;
  }
});
