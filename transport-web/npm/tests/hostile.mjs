// A delegate, listeners and a protocol that call everything there is, from wherever they are called, and then throw.

const nobody = () => {};

/** Calls every method and reads every member of a task. */
function wring(task) {
  for (const name of [
    "kind", "id", "session", "state", "description", "priority", "progress", "countOfBytesSent",
    "countOfBytesExpectedToSend", "countOfBytesReceived", "countOfBytesExpectedToReceive", "originalRequest",
    "currentRequest", "response", "error", "metrics",
  ]) void task[name];
  task.finished.catch(() => {});
  task.priority = Math.random();
  task.description = "wrung";
  task.suspend();
  task.resume();
  task.addEventListener("data", nobody);
  void task.response?.headers;
  void task.response?.suggestedFilename;
}

let made = 0;

/** Ends things: each of these in every callback, one run for each. */
const ends = {
  nothing() {},
  cancel: (task) => task.cancel(),
  cancelResumable: (task) => task.cancelProducingResumeData?.().catch(() => {}),
  dispose: (task) => task[Symbol.dispose](),
  "invalidate the session": (task) => task.session.invalidateAndCancel(),
  "finish the session": (task) => task.session.finishTasksAndInvalidate(),
  "reset the session": (task) => { void task.session.reset(); void task.session.flush(); },
  "make tasks and throw": (task) => {
    // Each makes callbacks, which make tasks: that has to end somewhere.
    if (++made > 40) return;
    task.session.dataTask("note:other").resume();
    task.session.dataTask("http://[nonsense").resume().cancel();
    task.session.downloadTask("note:file");
    throw new Error("thrown by the app");
  },
};

const METHODS = [
  "taskDidReceiveResponse", "taskDidReceiveData", "taskWillPerformHTTPRedirection", "taskWillRetry",
  "taskNeedNewBodyStream", "taskDidSendBodyData", "dataTaskWillCacheResponse", "taskDidBecomeDownloadTask",
  "downloadTaskDidResumeAtOffset", "downloadTaskDidWriteData", "downloadTaskDidFinishDownloading",
  "taskDidFinishCollectingMetrics", "taskDidComplete", "taskIsWaitingForConnectivity",
];

const EVENTS = ["statechange", "progress", "response", "data", "redirect", "metrics", "complete", "waiting"];

/** In every callback every method is called, then the end; each task still ends exactly once. */
export async function hostile({ lib, origin, check }) {
  // What the app throws where nothing can fail by it is reported: here it is expected.
  const expected = (event) => {
    if (String(event?.error ?? event).includes("thrown by the app")) event.preventDefault?.();
  };
  globalThis.addEventListener?.("error", expected);
  const before = globalThis.process?.listeners("uncaughtException") ?? [];
  for (const listener of before) process.off("uncaughtException", listener);
  globalThis.process?.on("uncaughtException", expected);
  try {
    for (const [name, end] of Object.entries(ends)) await assail(lib, origin, check, name, end);
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.removeEventListener?.("error", expected);
    globalThis.process?.off("uncaughtException", expected);
    for (const listener of before) process.on("uncaughtException", listener);
  }
  // The module is as it was.
  const { response } = await new lib.Session().data(`${origin}/Nepal`);
  check.equal(response.status, 200);
}

async function assail(lib, origin, check, name, end) {
  const completions = new Map();
  const ours = new Set();
  const called = new Set();
  const delegate = { sessionDidCreateTask: (task) => wring(task), sessionDidBecomeInvalid: (session) => session.invalidateAndCancel() };
  for (const method of METHODS) {
    delegate[method] = (task, ...rest) => {
      called.add(method);
      if (method === "taskDidComplete") completions.set(task, (completions.get(task) ?? 0) + 1);
      if (!ours.has(task)) return undefined;
      wring(task);
      for (const other of task.session.tasks) if (other !== task) void other.state;
      end(task);
      if (method === "taskDidReceiveResponse" && task.description === "becomes") return "becomeDownload";
      return method === "dataTaskWillCacheResponse" ? rest[0] : undefined;
    };
  }
  const session = new lib.Session({
    urlCache: new lib.UrlCache(),
    collectsMetrics: true,
    retryPolicy: { baseDelay: 0 },
    protocols: [{
      canInit(request) {
        for (const task of ours) wring(task);
        return request.url.startsWith("note:");
      },
      startLoading(request) {
        for (const task of ours) {
          wring(task);
          try {
            end(task);
          } catch {
            // It is the app's.
          }
        }
        return request.url === "note:leads" ? new Response(null, { status: 302, headers: { location: "note:there" } }) : new Response("note");
      },
    }],
  }, delegate);
  const made = [
    session.dataTask(`${origin}/bytes/300000`),
    session.dataTask(`${origin}/Nepal`),
    session.dataTask(`${origin}/flaky/1/503?hostile=${Math.random()}`),
    session.dataTask("note:leads"),
    session.uploadTask(`${origin}/echo`, new Blob(["sent"])),
    session.downloadTask(`${origin}/bytes/300000`),
  ];
  for (const task of made) {
    ours.add(task);
    for (const type of EVENTS) {
      task.addEventListener(type, () => {
        wring(task);
        end(task);
      });
    }
  }
  const ended = made.map((task) => new Promise((resolve) => task.finished.then(resolve, resolve)));
  for (const task of made) task.resume();
  // `wring` may have left one suspended.
  const nudge = setInterval(() => { for (const task of made) task.resume(); }, 5);
  await Promise.all(ended);
  clearInterval(nudge);
  for (const task of made) {
    check.equal([name, completions.get(task), task.state], [name, 1, "completed"]);
  }
  check.ok(called.has("taskDidComplete"));
}
