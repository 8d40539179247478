// What the types say, and what they refuse.

import init, {
  type Capabilities,
  capabilities,
  type DataResult,
  type DownloadResult,
  HTTPURLResponse,
  type LeftoverFile,
  leftoverFiles,
  type ModulePart,
  preload,
  removeFile,
  ResumeData,
  Session,
  type SessionConfiguration,
  type SessionDelegate,
  SessionError,
  type SessionErrorCode,
  type Task,
  TaskProgressEvent,
  UrlCache,
} from "urlsession";

const sameApi: typeof import("urlsession") = await import("urlsession/service-worker");
await sameApi.default();
await init();
await init(new URL("https://a.example/urlsession_bg.wasm"));
const parts: Partial<Record<ModulePart, WebAssembly.Module>> = {};
await init(undefined, (part) => parts[part] ?? new URL(`https://a.example/${part}.wasm`));
await preload("cache", "downloads");
// @ts-expect-error no such part
await preload("all");
const able: Capabilities = capabilities();
void able.uploadProgress;

const configuration: SessionConfiguration = {
  timeoutIntervalForRequest: 1,
  httpAdditionalHeaders: [["a", "b"]],
  requestCachePolicy: "returnCacheDataElseLoad",
  urlCache: new UrlCache({ name: "a" }),
  protocols: [{ scheme: "a", startLoading: async (_request, { signal }) => new Response(String(signal.aborted)) }],
  retryPolicy: { errorCodes: ["timedOut"], methods: ["GET"] },
};
// @ts-expect-error no such policy
const wrong: SessionConfiguration = { requestCachePolicy: "perhaps" };
void wrong;

const delegate: SessionDelegate = {
  taskDidReceiveResponse: (_task, response) => (response.ok ? "allow" : Promise.resolve("cancel" as const)),
  taskWillRetry: () => null,
};
// @ts-expect-error no such disposition
const undecided: SessionDelegate = { taskDidReceiveResponse: () => "perhaps" };
void undecided;

using session = new Session(configuration, delegate);
const task = session.dataTask(new URL("https://a.example/"), { delegate, priority: 1 });
const result: DataResult = await task.resume().finished;
const bytes: Uint8Array<ArrayBuffer> = result.data;
void bytes;
task.addEventListener("progress", (event) => {
  const known: TaskProgressEvent = event;
  const total: number | null = known.total;
  void total;
});
task.addEventListener("complete", ({ error }) => {
  const code: SessionErrorCode | undefined = error?.code;
  void code;
});
// @ts-expect-error a state is read only
task.state = "running";
// @ts-expect-error a task is not thenable
task.then(() => {});
for await (const chunk of task) void chunk.byteLength;

const download = session.downloadTask("https://a.example/", { destination: "a/b", replaces: true });
const resumeData: ResumeData | null = await download.cancelProducingResumeData();
if (resumeData) session.downloadTask({ resumeData, headers: { authorization: "a" } });
const { file, path }: DownloadResult = await download.finished;
void file.size;
if (path !== null) await removeFile(path);
const stored: ResumeData | null = await ResumeData.forDestination("a/b");
void stored?.path;
const leftovers: LeftoverFile[] = await leftoverFiles();
for (const leftover of leftovers) if (leftover.isPartial && leftover.path !== resumeData?.path) await removeFile(leftover.path);
// @ts-expect-error a download is no iterable
for await (const chunk of download) void chunk;

const { json } = await session.json<{ a: number }>({ url: "https://a.example/", headers: new Headers() });
const a: number = json.a;
void a;
const all: Task[] = session.tasks;
void all;
const error = new SessionError("timedOut", "too slow", { cause: 1 });
const raw: number = error.rawCode;
void raw;
// @ts-expect-error no such code
void new SessionError("perhaps");
void HTTPURLResponse.of("https://a.example/", 200).suggestedFilename;
