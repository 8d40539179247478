/**
 * Sessions, tasks and delegates for HTTP, as NSURLSession has them, in browsers and workers.
 *
 * @packageDocumentation
 */

export { default, type InitInput, preload } from "./init.js";
export { type Part as ModulePart } from "./parts.js";
export { type DownloadInput, type DownloadOptions, Session, type TaskOptions } from "./session.js";
export { type DataResult, DataTask, type DownloadResult, DownloadTask, Task, UploadTask } from "./task.js";
export { type TaskKind, type TaskState } from "./state.js";
export {
  type CachePolicy,
  type NetworkServiceType,
  type RetryPolicy,
  type SessionConfiguration,
} from "./configuration.js";
export {
  type MaybePromise,
  type ResponseDisposition,
  type RetryAttempt,
  type SessionDelegate,
} from "./delegate.js";
export { SessionError, type SessionErrorCode, type SessionErrorInit } from "./error.js";
export {
  TaskCompleteEvent,
  TaskDataEvent,
  type TaskEventMap,
  TaskMetricsEvent,
  TaskProgressEvent,
  TaskRedirectEvent,
  TaskResponseEvent,
} from "./events.js";
export { type DateInterval, type ResourceFetchType, type TaskMetrics, type TransactionMetrics } from "./metrics.js";
export { type Progress } from "./progress.js";
export { type RequestBody } from "./body.js";
export { type RequestInput, URLRequest, type URLRequestInit } from "./request.js";
export { HTTPURLResponse } from "./response.js";
export { ResumeData } from "./resume-data.js";
export { type Fields } from "./wire.js";
export { type CachedURLResponse, type CacheStoragePolicy } from "./cached.js";
export { UrlCache, type UrlCacheOptions } from "./url-cache.js";
export { type ProtocolContext, type URLProtocol } from "./protocol.js";
export { type Capabilities, capabilities } from "./capabilities.js";
export { type LeftoverFile, leftoverFiles, removeFile } from "./files.js";
export { type FetchOptions } from "./fetch.js";
