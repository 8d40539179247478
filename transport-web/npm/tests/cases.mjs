// What the package does, the same in Node, a page, a dedicated worker and a service worker: sentences, and what must hold for them.
//
// A case is given `lib` (the package), `origin` (the URL of the server whose routes are in tests/origin) and `check`, and throws when the sentence is false.

import { hostile } from "./hostile.mjs";

const text = (bytes) => new TextDecoder().decode(bytes);

/** The error that a promise is rejected with. */
async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

/** The next event of a type. */
const event = (task, type) => new Promise((resolve) => task.addEventListener(type, resolve, { once: true }));

/** The bytes of the server's pattern, as `/bytes/N` has them. */
async function whole(origin, length) {
  return new Uint8Array(await (await fetch(`${origin}/bytes/${length}`)).arrayBuffer());
}

/** True where downloads go to the origin's private file system. */
export async function hasPrivateFileSystem() {
  const able = globalThis.FileSystemFileHandle?.prototype ?? {};
  const canWrite = "createSyncAccessHandle" in able || "createWritable" in able;
  return "move" in able && canWrite && navigator.storage.getDirectory().then(() => true, () => false);
}

let unique = 0;
/** A target that nobody has asked for. */
const fresh = (path) => `${path}${path.includes("?") ? "&" : "?"}n=${Date.now()}-${++unique}`;

export const cases = [
  // The first of all: nothing has brought the module's other parts.
  ["bytes that are many are sent by who has sent nothing yet", async ({ lib, origin, check }) => {
    const sent = "a".repeat(20_000);
    const { data, response } = await new lib.Session().upload(`${origin}/echo`, sent);
    check.equal(response.status, 200);
    check.ok(text(data).includes(sent), "all of them");
  }],

  ["data gives the body and the head", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const { data, response } = await session.data(`${origin}/Nepal`);
    check.equal(text(data), "Kathmandu");
    check.ok(data instanceof Uint8Array && data.byteOffset === 0 && data.buffer.byteLength === data.length, "memory of its own");
    check.equal([response.status, response.ok, response.mimeType], [200, true, "text/plain"]);
    check.equal(response.url, `${origin}/Nepal`);
  }],

  ["statuses of 400 and more are no errors", async ({ lib, origin, check }) => {
    const { response } = await new lib.Session().data(`${origin}/status/503`);
    check.equal([response.status, response.ok], [503, false]);
  }],

  ["json gives a value, and errors for other statuses and other bodies", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const { json, response } = await session.json(`${origin}/json`);
    check.ok(typeof json === "object" && response.status === 200);
    check.equal((await failure(session.json(`${origin}/status/404`))).code, "badServerResponse");
    check.equal((await failure(session.json(`${origin}/Nepal`))).code, "cannotParseResponse");
  }],

  ["response gives the browser's own Response, and can be cancelled", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const response = await session.response(`${origin}/Nepal`);
    check.ok(response instanceof Response);
    check.equal([response.status, response.url, response.bodyUsed, await response.text()], [200, `${origin}/Nepal`, false, "Kathmandu"]);
    const abort = new AbortController();
    const failed = failure(session.response(`${origin}/delay/20000`, { signal: abort.signal }));
    abort.abort("enough");
    check.equal([(await failed).code, (await failed).cause], ["cancelled", "enough"]);
    check.equal((await failure(session.response(`${origin}/Nepal`, { signal: AbortSignal.abort() }))).code, "cancelled");
    check.equal((await failure(session.response({ url: `${origin}/delay/20000`, timeoutInterval: 0.05 }))).code, "timedOut");
    check.equal((await failure(session.response("http://[nonsense"))).code, "badURL");
    const cached = new lib.Session({ urlCache: new lib.UrlCache() });
    check.equal(await (await cached.response(`${origin}/Nepal`)).text(), "Kathmandu");
    check.equal((await cached.response(`${origin}/status/204`)).status, 204);
  }],

  ["options of fetch are told to it", async ({ lib, origin, check }) => {
    const session = new lib.Session({ redirect: "error" });
    check.equal((await failure(session.data(`${origin}/redirect/1`))).code, "httpTooManyRedirects");
    const { response } = await session.data({ url: `${origin}/redirect/1`, redirect: "follow", credentials: "omit" });
    check.equal(response.status, 200);
  }],

  ["a request's method, fields and body arrive", async ({ lib, origin, check }) => {
    const session = new lib.Session({ httpAdditionalHeaders: { "X-Session": "s", "X-Both": "session" } });
    const input = { url: `${origin}/post`, method: "post", headers: { "X-Both": "request" }, body: "abc" };
    const { json } = await session.json(input);
    check.equal([json.method, atob(json.body_base64)], ["POST", "abc"]);
    check.equal([json.headers["x-session"], json.headers["x-both"]], ["s", "request"]);
    check.equal(json.headers["content-type"], "text/plain;charset=UTF-8");
  }],

  ["fields go as they are given, and one that cannot be sent is told", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const headers = [["X-Many", "1"], ["x-other", "\u00e9"], ["x-many", "2"], ["X-None", ""]];
    const { json } = await session.json({ url: `${origin}/get`, headers });
    check.equal([json.headers["x-many"].replace(" ", ""), json.headers["x-other"] !== undefined], ["1,2", true]);
    for (const [name, value, why] of [["b ad", "1", "header name"], ["X-A", "a\nb", "value of the header x-a"], ["X-A", "\u0100", "value of the header x-a"]]) {
      const error = await failure(session.data({ url: `${origin}/get`, headers: [["x-b", "1"], [name, value]] }));
      check.equal([error.code, error.cause.message], ["badURL", `invalid ${why}`]);
    }
  }],

  ["the name of a file is Content-Disposition's, else the URL's", async ({ lib, check }) => {
    const name = (url, headers) => lib.HTTPURLResponse.of(url, 200, headers).suggestedFilename;
    const disposition = "attachment; filename=\"../a b.txt\"; filename*=UTF-8''%e2%82%ac.txt";
    check.equal(name("http://a.example/b", { "Content-Disposition": disposition }), "\u20ac.txt");
    check.equal(name("http://a.example/b", { "content-disposition": "inline; filename=\u00e9" }), "b");
    check.equal([name("http://a.example/b/c.d?e"), name("http://a.example/")], ["c.d", "a.example"]);
  }],

  ["a browser's Request is taken with its fields and its signal", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const abort = new AbortController();
    const { json } = await session.json(new Request(`${origin}/get`, { headers: { "x-a": "1" } }));
    check.equal(json.headers["x-a"], "1");
    const request = new Request(`${origin}/endless?every=20`, { signal: abort.signal });
    const failed = failure(session.data(request));
    abort.abort();
    check.equal((await failed).code, "cancelled");
  }],

  ["uploads take text, bytes, Blobs, forms and parameters", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const sent = async (body) => {
      const { data, response } = await session.upload(`${origin}/echo`, body);
      return [text(data), response.value("content-type") ?? ""];
    };
    check.equal((await sent("ü"))[0], "ü");
    check.equal((await sent(new Uint8Array([97, 98, 99]).subarray(1)))[0], "bc");
    check.equal((await sent(new Uint8Array([97]).buffer))[0], "a");
    check.equal(await sent(new Blob(["blob"], { type: "text/x-mine" })), ["blob", "text/x-mine"]);
    check.equal((await sent(new URLSearchParams({ a: "1 2" })))[0], "a=1+2");
    const form = new FormData();
    form.set("a", "1\n2");
    form.set("b\"\n", "");
    form.set("file", new File(["content"], "näme.txt", { type: "text/plain" }));
    const [body, type] = await sent(form);
    const back = await new Response(body, { headers: { "content-type": type } }).formData();
    check.ok(body.includes('name="b%22%0D%0A"'), body);
    check.equal([back.get("a"), back.get("file").name, await back.get("file").text()], ["1\r\n2", "näme.txt", "content"]);
  }],

  ["a task is born suspended, and says what it does", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const task = session.dataTask(`${origin}/slow/3/20`, { description: "mine" });
    const states = [task.state];
    task.addEventListener("statechange", () => states.push(task.state));
    check.equal([task.kind, task.description, task.response, task.error], ["data", "mine", null, null]);
    check.equal([session.tasks.length, task.originalRequest.url], [0, `${origin}/slow/3/20`]);
    task.resume().suspend().resume();
    check.ok(session.tasks[0] === task && session.tasks.length === 1);
    await task.finished;
    check.equal(states, ["suspended", "running", "suspended", "running", "completed"]);
    check.equal([session.tasks.length, task.progress.completed > 0, task.progress.fraction], [0, true, 1]);
  }],

  ["ids are unique in a session, from 1", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const ids = [session.dataTask(`${origin}/Nepal`).id, session.dataTask(`${origin}/Nepal`).id];
    check.equal(ids, [1, 2]);
  }],

  ["a cancelled task ends once, with its reason", async ({ lib, origin, check }) => {
    const ends = [];
    const session = new lib.Session({}, { taskDidComplete: (task, error) => ends.push(error.code) });
    const task = session.dataTask(`${origin}/endless?every=20`).resume();
    await event(task, "data");
    const reason = { mine: true };
    task.cancel(reason);
    task.cancel("another");
    const error = await failure(task.finished);
    check.ok(error instanceof lib.SessionError && error instanceof Error && error.cause === reason);
    check.equal([error.name, error.code, error.rawCode, error.url], ["SessionError", "cancelled", -999, `${origin}/endless?every=20`]);
    check.equal([ends, task.state, task.error === error], [["cancelled"], "completed", true]);
  }],

  ["a signal cancels, before and during the transfer", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const early = await failure(session.data(`${origin}/Nepal`, { signal: AbortSignal.abort("early") }));
    check.equal([early.code, early.cause], ["cancelled", "early"]);
    const abort = new AbortController();
    const late = failure(session.data(`${origin}/endless?every=20`, { signal: abort.signal }));
    abort.abort();
    check.equal([(await late).code, (await late).cause.name], ["cancelled", "AbortError"]);
  }],

  ["nothing for too long is a timeout; the request's own interval wins", async ({ lib, origin, check }) => {
    const session = new lib.Session({ timeoutIntervalForRequest: 60 });
    const error = await failure(session.data({ url: `${origin}/delay/20000`, timeoutInterval: 0.05 }));
    check.equal(error.code, "timedOut");
  }],

  ["a URL is the one that the browser makes of it", ({ lib, check }) => {
    const session = new lib.Session();
    const base = globalThis.document?.baseURI ?? globalThis.location?.href;
    const servers = ["http://a.example", "https://b-1.a.example:8443", "HTTP://a.example", "http://A.example", "http://localhost", "http://127.0.0.1:8080", "http://127.1", "http://a.1",
      "http://a.0x7f", "http://a.example:80", "https://a.example:443", "http://a.example:08080", "http://a.example:65536", "http://xn--a", "http://b.xn--mnchen-3ya.example", "http://u@a.example",
      "http://a.example.", "http:", "note:", "//a.example", ""];
    const paths = ["", "/", "/a/b.c/~d", "//a", "/a//b", "/.", "/..", "/a/../b", "/a/./b", "/%2e%2E/a", "/a/.%2e", "/.well-known/a", "/a%20b", "/a b", "/ä", "/a\\b", "/a?b=c&d=/../e", "/a?b='c'", "/a?", "/a#", "/a#b",
      "/a?\"", "/<a>", "/a|b^c`d", "/a[b]", "/a;b=c,d@e:f", "a", "?a", "#a"];
    for (const url of servers.flatMap((server) => paths.map((path) => server + path))) {
      let expected = url;
      try {
        expected = new URL(url, base).href;
      } catch {
        // It is none, and stays as it is.
      }
      check.equal(session.dataTask(url).originalRequest.url, expected);
    }
  }],

  ["failures have codes and causes", async ({ lib, check }) => {
    const session = new lib.Session();
    const bad = await failure(session.data("http://[nonsense"));
    check.equal(bad.code, "badURL");
    const refused = await failure(session.data("http://127.0.0.1:1/"));
    check.equal([refused.code, refused.cause instanceof Error], ["cannotLoadFromNetwork", true]);
    const scheme = await failure(session.data("nobody:knows"));
    check.equal(scheme.code, "unsupportedURL");
    check.equal((await failure(session.data({ url: "http://a.example/", headers: { "a b": "1" } }))).code, "badURL");
    check.equal((await failure(session.data({ url: "http://a.example/", headers: { a: "1\n2" } }))).code, "badURL");
  }],

  ["who does not look at a rejection is not told of it", async ({ lib, check }) => {
    const unheard = [];
    const hear = (event) => unheard.push(String(event.reason ?? event));
    globalThis.addEventListener?.("unhandledrejection", hear);
    globalThis.process?.on("unhandledRejection", hear);
    const task = new lib.Session().dataTask("http://[nonsense").resume();
    await event(task, "complete");
    await new Promise((resolve) => setTimeout(resolve));
    globalThis.removeEventListener?.("unhandledrejection", hear);
    globalThis.process?.off("unhandledRejection", hear);
    check.equal(unheard, []);
  }],

  ["a loop reads chunk by chunk, resumes the task, and reads on only when it asks", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const task = session.dataTask(`${origin}/bytes/3000000?rate=6000000`);
    const expected = await whole(origin, 3000000);
    let at = 0;
    for await (const chunk of task) {
      check.ok(chunk.every((byte, place) => byte === expected[at + place]), "the bytes in their order");
      at += chunk.length;
      check.ok(task.countOfBytesReceived - at <= 0, "nothing was read ahead");
    }
    check.equal(at, 3000000);
    check.equal((await task.finished).data.length, 0);
  }],

  ["leaving a loop cancels; a body has one reader; a failure ends the loop", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const task = session.dataTask(`${origin}/endless?every=10`);
    for await (const chunk of task) {
      check.ok(chunk.length > 0);
      break;
    }
    check.equal((await failure(task.finished)).code, "cancelled");
    try {
      task[Symbol.asyncIterator]();
      check.ok(false, "a second reader");
    } catch (error) {
      check.ok(error instanceof TypeError);
    }
    const failing = session.dataTask({ url: `${origin}/endless?every=10000`, timeoutInterval: 0.2 });
    const error = await failure((async () => { for await (const _ of failing); })());
    check.equal(error.code, "timedOut");
  }],

  ["what was gathered before a loop is its first chunk", async ({ lib, origin, check }) => {
    const task = new lib.Session().dataTask(`${origin}/Nepal`).resume();
    await task.finished;
    const chunks = [];
    for await (const chunk of task) chunks.push(text(chunk));
    check.equal(chunks, ["Kathmandu"]);
  }],

  ["a delegate is told in order, and its promises hold the task", async ({ lib, origin, check }) => {
    const log = [];
    let isAsked = false;
    const wait = () => new Promise((resolve) => setTimeout(resolve, 15));
    const session = new lib.Session({}, {
      sessionDidCreateTask: (task) => log.push(`create ${task.id}`),
      async taskDidReceiveResponse(task, response) {
        isAsked = true;
        await wait();
        isAsked = false;
        log.push(`response ${response.status}`);
        return "allow";
      },
      async taskDidReceiveData(_, data) {
        check.ok(!isAsked, "nothing comes between a question and its answer");
        await wait();
        log.push(`data ${data.length}`);
      },
      taskDidFinishCollectingMetrics: (_, metrics) => log.push(`metrics ${metrics.transactionMetrics.length}`),
      taskDidComplete: (task, error) => log.push(`complete ${error} ${task.state}`),
    });
    const { data } = await session.data(`${origin}/Nepal`);
    check.equal(log, ["create 1", "response 200", "data 9", "metrics 1", "complete null completed"]);
    check.equal(data.length, 0, "a body that goes to a delegate is not gathered");
  }],

  ["a task's delegate comes first, and what it leaves goes to the session's", async ({ lib, origin, check }) => {
    const log = [];
    const session = new lib.Session({}, {
      taskDidReceiveResponse: () => { log.push("session"); return "cancel"; },
      taskDidComplete: () => log.push("session's end"),
    });
    const own = { taskDidReceiveResponse: () => { log.push("task"); } };
    check.equal((await failure(session.data(`${origin}/Nepal`, { delegate: own }))).code, "cancelled");
    check.equal(log, ["task", "session", "session's end"]);
    const deciding = { taskDidReceiveResponse: async () => "allow", taskDidComplete: () => log.push("task's end") };
    await session.data(`${origin}/Nepal`, { delegate: deciding });
    check.equal(log.slice(3), ["task's end"]);
  }],

  ["a delegate that throws, rejects or talks nonsense ends its task with what it threw", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const thrown = new RangeError("mine");
    for (const taskDidReceiveResponse of [
      () => { throw thrown; },
      () => Promise.reject(thrown),
      async () => { throw thrown; },
      () => ({ then: (_, reject) => reject(thrown) }),
      () => ({ get then() { throw thrown; } }),
    ]) {
      const error = await failure(session.data(`${origin}/Nepal`, { delegate: { taskDidReceiveResponse } }));
      check.equal([error.code, error.rawCode], ["unknown", -1]);
      check.ok(error.cause === thrown, "its cause");
    }
    for (const nonsense of [1, "perhaps", {}, Promise.resolve(null)]) {
      const delegate = { taskDidReceiveResponse: () => nonsense };
      const error = await failure(session.data(`${origin}/Nepal`, { delegate }));
      check.ok(error.code === "unknown" && error.cause instanceof TypeError);
    }
    const data = { taskDidReceiveData() { throw thrown; } };
    check.ok((await failure(session.data(`${origin}/Nepal`, { delegate: data }))).cause === thrown);
  }],

  ["a delegate that never answers leaves the task to its timer", async ({ lib, origin, check }) => {
    const session = new lib.Session({ timeoutIntervalForResource: 0.2 });
    const delegate = { taskDidReceiveResponse: () => new Promise(() => {}) };
    check.equal((await failure(session.data(`${origin}/Nepal`, { delegate }))).code, "timedOut");
  }],

  ["events tell what delegates are told", async ({ lib, origin, check }) => {
    const task = new lib.Session({ collectsMetrics: true }).dataTask(`${origin}/bytes/200000`);
    const log = new Set();
    for (const type of ["response", "data", "progress", "metrics", "statechange", "complete"]) {
      task.addEventListener(type, (event) => {
        check.ok(event.target === task);
        log.add(type);
        if (type === "progress") check.ok(event.loaded <= 200000 && event.progress.fraction <= 1);
        if (type === "metrics") check.ok(event.metrics === task.metrics);
      });
    }
    await task.resume().finished;
    check.equal([...log].sort(), ["complete", "data", "metrics", "progress", "response", "statechange"]);
    check.equal(task.progress.completed, 200000);
    const [hop] = task.metrics.transactionMetrics;
    check.equal([hop.request.url, hop.response.status, hop.resourceFetchType !== "localCache"], [`${origin}/bytes/200000`, 200, true]);
    check.ok(Math.abs(hop.fetchStartDate - Date.now()) < 60000 && task.metrics.taskInterval.end >= hop.fetchStartDate);
  }],

  ["an invalidated session tells its delegate last, and refuses tasks", async ({ lib, origin, check }) => {
    const log = [];
    const delegate = {
      taskDidComplete: (_, error) => log.push(error?.code ?? "done"),
      sessionDidBecomeInvalid: (session, error) => log.push(`invalid ${error} ${session.delegate === delegate}`),
    };
    const session = new lib.Session({}, delegate);
    const done = session.data(`${origin}/Nepal`);
    session.dataTask(`${origin}/Nepal`);
    session.finishTasksAndInvalidate();
    await done;
    await new Promise((resolve) => setTimeout(resolve, 20));
    check.equal(log.sort(), ["cancelled", "done", "invalid null true"]);
    check.equal([session.isInvalid, session.delegate], [true, null]);
    const refused = session.dataTask(`${origin}/Nepal`);
    check.equal((await failure(refused.finished)).code, "cancelled");
    check.equal(refused.state, "completed");
  }],

  ["invalidateAndCancel and `using` cancel what runs", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const failed = failure(session.data(`${origin}/endless?every=20`));
    session[Symbol.dispose]();
    check.equal((await failed).code, "cancelled");
  }],

  ["a failed exchange is made again as the policy and the delegate say", async ({ lib, origin, check }) => {
    const attempts = [];
    const session = new lib.Session({ retryPolicy: { baseDelay: 0.01 } }, {
      taskWillRetry: (_, attempt) => { attempts.push([attempt.number, attempt.response.status, attempt.error]); },
    });
    const { data } = await session.data(`${origin}${fresh("/flaky/2/503")}`);
    check.equal([text(data), attempts], ["3", [[1, 503, null], [2, 503, null]]]);
    const refusing = { taskWillRetry: () => null };
    const { response } = await session.data(`${origin}${fresh("/flaky/2/503")}`, { delegate: refusing });
    check.equal(response.status, 503);
    const insisting = { taskWillRetry: async () => 0 };
    const url = `${origin}${fresh("/flaky/2/500")}`;
    check.equal((await new lib.Session().data(url, { delegate: insisting })).response.status, 200);
  }],

  ["a cache of the session's answers again, is looked into and emptied", async ({ lib, origin, check }) => {
    const urlCache = new lib.UrlCache({ memoryCapacity: 1 << 20 });
    const session = new lib.Session({ urlCache });
    const url = `${origin}${fresh("/counted?cache-control=max-age%3D100")}`;
    const asked = async (input = url) => text((await session.data(input)).data);
    check.equal([await asked(), await asked()], ["1", "1"]);
    check.equal(await asked({ url, cachePolicy: "reloadIgnoringLocalCacheData" }), "2");
    const kept = await urlCache.cachedResponse(url);
    check.equal([text(kept.data), kept.response.status, kept.storagePolicy], ["2", 200, "allowed"]);
    check.ok(urlCache.currentMemoryUsage > 0);
    await urlCache.removeAllCachedResponses();
    check.equal([await urlCache.cachedResponse(url), urlCache.currentMemoryUsage], [null, 0]);
    const none = await failure(session.data({ url, cachePolicy: "returnCacheDataDontLoad" }));
    check.equal(none.code, "resourceUnavailable");
    const response = lib.HTTPURLResponse.of(url, 200, { "cache-control": "max-age=9", date: new Date().toUTCString() });
    await urlCache.storeCachedResponse({ response, data: new Uint8Array([65]), userInfo: { a: "1" } }, url);
    check.equal([await asked(), (await urlCache.cachedResponse(url)).userInfo], ["A", { a: "1" }]);
  }],

  ["a delegate decides what is cached", async ({ lib, origin, check }) => {
    const urlCache = new lib.UrlCache();
    const decisions = [null, undefined, { userInfo: { mine: "1" } }];
    const session = new lib.Session({ urlCache }, {
      dataTaskWillCacheResponse: async (_, proposed) => {
        const decision = decisions.shift();
        return decision ? { ...proposed, ...decision } : decision;
      },
    });
    const kept = [];
    for (let at = 0; at < 3; at++) {
      const url = `${origin}${fresh("/counted?cache-control=max-age%3D100")}`;
      await session.data(url);
      kept.push((await urlCache.cachedResponse(url))?.userInfo ?? null);
    }
    check.equal(kept, [null, {}, { mine: "1" }]);
  }],

  ["protocols of the app's own serve, lead on, throw and are stopped", async ({ lib, origin, check }) => {
    let stopped = null;
    const session = new lib.Session({
      protocols: [
        {
          scheme: "note",
          startLoading(request, { signal, body }) {
            const path = request.url.slice("note:".length);
            if (path === "throws") throw new RangeError("mine");
            if (path === "rejects") return Promise.reject(new RangeError("mine"));
            if (path === "nothing") return undefined;
            if (path === "leads") return new Response(null, { status: 302, headers: { location: "note:there" } });
            if (path === "stands") {
              signal.addEventListener("abort", () => { stopped = "stopped"; });
              return new Response(new ReadableStream({ start: (to) => to.enqueue(new Uint8Array(3)) }));
            }
            if (path === "body") return new Response(body);
            return new Response(`note ${path}`, { status: 203, headers: { "x-a": "1" } });
          },
        },
        { canInit: () => { throw new Error("no"); }, startLoading: () => new Response() },
      ],
    });
    const { data, response } = await session.data("note:here");
    check.equal([text(data), response.status, response.value("x-a"), response.url], ["note here", 203, "1", "note:here"]);
    for (const path of ["throws", "rejects"]) {
      const error = await failure(session.data(`note:${path}`));
      check.equal([error.code, error.cause.name], ["resourceUnavailable", "RangeError"]);
    }
    check.ok((await failure(session.data("note:nothing"))).cause instanceof TypeError);
    const led = session.dataTask("note:leads");
    const redirect = event(led, "redirect");
    check.equal([text((await led.resume().finished).data), (await redirect).request.url], ["note there", "note:there"]);
    check.equal(led.currentRequest.url, "note:there");
    const refusing = { taskWillPerformHTTPRedirection: () => null };
    check.equal((await session.data("note:leads", { delegate: refusing })).response.status, 302);
    const fields = { httpAdditionalHeaders: { "X-Home": "1", "X-Away": "2", "Accept-Language": "en" }, redirectSafeHeaders: ["x-away"] };
    const startLoading = () => new Response(null, { status: 302, headers: { location: `${origin}/get` } });
    const { json } = await new lib.Session({ ...fields, protocols: [{ scheme: "note", startLoading }] }).json("note:out");
    check.equal([json.headers["x-home"], json.headers["x-away"], json.headers["accept-language"]], [undefined, "2", "en"]);
    const elsewhere = { taskWillPerformHTTPRedirection: async () => ({ url: "note:elsewhere" }) };
    check.equal(text((await session.data("note:leads", { delegate: elsewhere })).data), "note elsewhere");
    const standing = session.dataTask("note:stands").resume();
    await event(standing, "data");
    standing.cancel();
    await failure(standing.finished);
    await new Promise((resolve) => setTimeout(resolve));
    check.equal(stopped, "stopped");
    check.equal(text((await session.upload("note:body", new Uint8Array([97]))).data), "a");
  }],

  ["a download gives a File, and says how far it is", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const written = [];
    const task = session.downloadTask(`${origin}/bytes/500000`, {
      delegate: {
        downloadTaskDidWriteData: (_, bytes, total, expected) => written.push([bytes, total, expected]),
        downloadTaskDidFinishDownloading: (_, file) => written.push(file.size),
      },
    });
    const { file, response } = await task.resume().finished;
    check.ok(file instanceof File);
    check.equal([file.name, file.size, response.status, task.kind], ["500000", 500000, 200, "download"]);
    const expected = await whole(origin, 500000);
    check.ok(new Uint8Array(await file.arrayBuffer()).every((byte, at) => byte === expected[at]));
    check.equal(written.pop(), 500000);
    check.equal(written.at(-1)[1], 500000);
  }],

  ["a download that was cancelled goes on where it stopped", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const task = session.downloadTask(`${origin}/bytes/3000000?rate=4000000`);
    const progress = event(task, "progress");
    task.resume();
    await progress;
    const data = await task.cancelProducingResumeData();
    check.equal([task.error.code, String(task.error.resumeData)], ["cancelled", String(data)]);
    const offsets = [];
    const delegate = { downloadTaskDidResumeAtOffset: (_, offset, length) => offsets.push([offset > 0, length]) };
    const resumeData = lib.ResumeData.fromJSON(JSON.parse(JSON.stringify(data)));
    const { file } = await session.download({ resumeData }, { delegate });
    check.equal([file.size, offsets], [3000000, [[true, 3000000]]]);
    const expected = await whole(origin, 3000000);
    check.ok(new Uint8Array(await file.arrayBuffer()).every((byte, at) => byte === expected[at]));
  }],

  ["a download to a destination stays there", async ({ lib, origin, check }) => {
    const destination = `mine/${fresh("file").replace("?", "-")}`;
    const session = new lib.Session();
    const { file, path } = await session.download(`${origin}/bytes/1000`, { destination });
    check.equal([file.size, path.endsWith(destination)], [1000, true]);
    const error = await failure(session.download(`${origin}/bytes/1000`, { destination }));
    check.equal(error.code, "cannotCreateFile");
    await session.download(`${origin}/bytes/2000`, { destination, replaces: true });
  }],

  ["a file that was downloaded can be removed", async ({ lib, origin, check }) => {
    const destination = `mine/${fresh("file").replace("?", "-")}`;
    const session = new lib.Session();
    for (const options of [{ destination }, {}]) {
      const { path } = await session.download(`${origin}/bytes/1000`, options);
      await lib.removeFile(path);
      const error = await failure(lib.removeFile(path));
      check.equal([error instanceof lib.SessionError, error.code], [true, "fileDoesNotExist"]);
    }
    check.equal((await session.download(`${origin}/bytes/1000`, { destination })).file.size, 1000);
    await lib.removeFile(destination);
    check.equal((await failure(lib.removeFile(".."))).code, "fileDoesNotExist");
    check.ok((await failure(lib.removeFile(5))) instanceof TypeError);
  }],

  ["what downloads have left is listed, but not what is being written", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    const { path } = await session.download(`${origin}/bytes/1000`);
    if (!(await hasPrivateFileSystem())) return check.equal(await lib.leftoverFiles(), []);
    const leftover = async (path) => (await lib.leftoverFiles()).find((file) => file.path === path);
    const { lastModified, ...file } = await leftover(path);
    check.equal(file, { path, isPartial: false, size: 1000 });
    check.ok(Math.abs(lastModified - Date.now()) < 60000, "when it was written");
    const task = session.downloadTask(`${origin}/bytes/3000000?rate=4000000`).resume();
    await event(task, "progress");
    const meanwhile = await lib.leftoverFiles();
    const resumeData = await task.cancelProducingResumeData();
    check.ok(!meanwhile.some((file) => file.path === resumeData.path), "it is being written");
    let partial;
    while ((partial = await leftover(resumeData.path)) === undefined);
    check.equal([partial.isPartial, partial.size > 0], [true, true]);
    await lib.removeFile(path);
    await lib.removeFile(partial.path);
    check.equal([await leftover(path), await leftover(partial.path)], [undefined, undefined]);
    let from = -1;
    const delegate = { downloadTaskDidResumeAtOffset: (_, offset) => (from = offset) };
    check.equal([(await session.download({ resumeData }, { delegate })).file.size, from], [3000000, 0]);
    check.equal(lib.ResumeData.fromJSON("damaged").path, null);
  }],

  ["a body that memory does not take as one is an error", async ({ lib, origin, check }) => {
    const Bytes = globalThis.Uint8Array;
    // So slow that it comes in several chunks.
    const url = `${origin}/bytes/3000000?rate=6000000`;
    const task = new lib.Session().dataTask(url);
    const finished = failure(task.finished);
    globalThis.Uint8Array = new Proxy(Bytes, {
      construct(target, given) {
        if (given[0] === 3000000) throw new RangeError("no room");
        return Reflect.construct(target, given);
      },
    });
    try {
      task.resume();
      const error = await finished;
      check.equal([error.code, error.cause.message, error.url], ["dataLengthExceedsMaximum", "no room", url]);
    } finally {
      globalThis.Uint8Array = Bytes;
    }
  }],

  ["a data task may become a download", async ({ lib, origin, check }) => {
    const kinds = [];
    const delegate = {
      taskDidReceiveResponse: () => "becomeDownload",
      taskDidBecomeDownloadTask: (task) => kinds.push(task.kind),
    };
    const { data, file, path } = await new lib.Session().data(`${origin}/bytes/1000`, { delegate });
    check.equal([data.length, file.size, kinds], [0, 1000, ["download"]]);
    await lib.removeFile(path);
  }],

  ["resume data that are damaged fail their task, and are a string in JSON", async ({ lib, check }) => {
    const data = lib.ResumeData.fromJSON("nonsense");
    check.equal(JSON.stringify(data), "\"nonsense\"");
    check.equal((await failure(new lib.Session().download({ resumeData: data }))).code, "unsupportedURL");
    try {
      lib.ResumeData.fromJSON(5);
      check.ok(false, "a number");
    } catch (error) {
      check.ok(error instanceof TypeError);
    }
  }],

  ["what is no configuration, no request or no option is a TypeError", async ({ lib, check }) => {
    const session = new lib.Session();
    const wrong = [
      () => new lib.Session({ requestCachePolicy: "perhaps" }),
      () => new lib.Session({ timeoutIntervalForRequest: "soon" }),
      () => new lib.Session({ httpMaximumConnectionsPerHost: -1 }),
      () => new lib.Session({ httpAdditionalHeaders: { "a b": "1" } }),
      () => new lib.Session({ retryPolicy: { errorCodes: ["perhaps"] } }),
      () => new lib.Session({ networkServiceType: "pigeon" }),
      () => new lib.Session({}, 5),
      () => new lib.Session({ credentials: "perhaps" }),
      () => session.dataTask(null),
      () => session.dataTask(5),
      () => session.dataTask({ url: "http://a.example/", cachePolicy: "perhaps" }),
      () => session.uploadTask("http://a.example/", 5),
      () => { session.dataTask("http://a.example/").priority = NaN; },
      () => new lib.DataTask({}),
      () => new lib.UrlCache({ memoryCapacity: -1 }),
    ];
    for (const act of wrong) {
      try {
        act();
      } catch (error) {
        check.ok(error instanceof TypeError, String(error));
        continue;
      }
      check.ok(false, `no error: ${act}`);
    }
  }],

  ["calls that go round and round harm nobody", async ({ lib, origin, check }) => {
    const session = new lib.Session();
    let rounds = 0;
    const again = () => {
      if (++rounds < 300) session.dataTask("note:nobody", { delegate: { taskDidComplete: again } }).resume().cancel();
    };
    again();
    const task = session.dataTask(`${origin}/Nepal`);
    task.addEventListener("statechange", () => task.suspend().resume());
    check.equal(text((await task.resume().finished).data), "Kathmandu");
    check.equal((await session.data(`${origin}/Nepal`)).response.status, 200);
    check.equal(rounds, 300);
  }],

  ["every method may be called from inside every callback", hostile],
];

/** What cases check with: each throws where it does not hold. */
export const check = {
  ok(holds, what = "it does not hold") {
    if (!holds) throw new Error(what);
  },
  equal(found, expected, what = "") {
    const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
    if (a !== b) throw new Error(`${what} found ${a}, expected ${b}`);
  },
};

/**
 * The same where no part of the module but the first can be had, or only the JavaScript of parts is lacking, and any case may fail by that: by nothing else. What only runs once a part
 * is there runs nowhere without it, or the module would trap, and be of no more use.
 */
export async function runWithoutParts(lib, origin, lacksScripts = false) {
  const trapped = [];
  const note = ({ error, reason }) => (error ?? reason) instanceof WebAssembly.RuntimeError && trapped.push(String((error ?? reason).stack));
  for (const type of ["error", "unhandledrejection"]) globalThis.addEventListener(type, note);
  await lib.default(undefined, lacksScripts ? undefined : () => Promise.reject(new TypeError("there are no parts")));
  const { count, failures } = await run(lib, origin, 2_000);
  const session = new lib.Session();
  check.equal(text((await session.data(`${origin}/Nepal`)).data), "Kathmandu");
  const lack = (await failure(session.download(`${origin}/Nepal`))).cause;
  check.ok(lack instanceof TypeError && (lacksScripts ? /import/i : /there are no parts/).test(lack.message), String(lack));
  check.ok(failures.length > 0 && failures.length < count, `${failures.length} of ${count} cases failed`);
  // Nor is anything done with JavaScript that is not there.
  const isWrong = (line) => /RuntimeError|is undefined|of undefined|is not a function/.test(line);
  return { count, failures: [...failures.filter(isWrong), ...trapped] };
}

/** Runs every case, and gives a line for each that fails, or does not end in so many milliseconds. */
export async function run(lib, origin, limit = 20_000) {
  const failures = [];
  for (const [sentence, claim] of cases) {
    try {
      await Promise.race([
        claim({ lib, origin, check }),
        new Promise((_, reject) => setTimeout(reject, limit, new Error("it does not end"))),
      ]);
    } catch (error) {
      failures.push(`${sentence}: ${error?.stack ?? error}`);
    }
  }
  return { count: cases.length, failures };
}
