//! NSURLSession, row by row: Apple's item, and ours.
//!
//! A link is our counterpart; `later` is planned; `never` says why there will be none. A property that would have no effect is
//! `never`, not a stored field. The sections follow Apple's classes.
//!
//! # 1.1 URLSession
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | `shared` | [`shared`](crate::shared) |
//! | `init(configuration:)` | [`session`](crate::session) |
//! | `init(configuration:delegate:delegateQueue:)` | [`builder`](crate::builder), [`SessionBuilder`](crate::SessionBuilder) |
//! | `configuration` | [`Session::configuration`](crate::Session::configuration) |
//! | `delegate`, `delegateQueue`, `sessionDescription` | [`Session::delegate`](crate::Session::delegate), [`DelegateQueue`](crate::DelegateQueue), [`Session::description`](crate::Session::description) |
//! | `finishTasksAndInvalidate` | [`Session::finish_tasks_and_invalidate`](crate::Session::finish_tasks_and_invalidate) |
//! | `invalidateAndCancel` | [`Session::invalidate_and_cancel`](crate::Session::invalidate_and_cancel) |
//! | a task made after invalidation | an error value: [`SessionInvalidated`](crate::SessionInvalidated) as the cause |
//! | `reset` | [`Session::reset`](crate::Session::reset) |
//! | `flush` | [`Session::flush`](crate::Session::flush) |
//! | `getTasksWithCompletionHandler`, `tasks` | [`Session::tasks`](crate::Session::tasks), one list: a task knows its kind |
//! | `getAllTasks`, `allTasks` | [`Session::tasks`](crate::Session::tasks) |
//! | `dataTask(with:)` | [`Session::data_task`](crate::Session::data_task) |
//! | `dataTask(with:completionHandler:)` | [`Session::data_task_with`](crate::Session::data_task_with) |
//! | `uploadTask(with:fromFile:)` | [`Session::upload_task`](crate::Session::upload_task), [`UploadBody::file`](crate::UploadBody::file) |
//! | `uploadTask(with:from:)` | [`Session::upload_task`](crate::Session::upload_task), [`UploadBody::Bytes`](crate::UploadBody::Bytes) |
//! | `uploadTask(withStreamedRequest:)` | [`Session::upload_task`](crate::Session::upload_task), [`UploadBody::Stream`](crate::UploadBody::Stream) |
//! | `uploadTask(withResumeData:)` | [`Session::upload_task_resuming`](crate::Session::upload_task_resuming) |
//! | `downloadTask(with:)` | [`Session::download_task`](crate::Session::download_task), [`Session::download_task_with_delegate`](crate::Session::download_task_with_delegate) |
//! | `downloadTask(withResumeData:)` | [`Session::download_task_resuming`](crate::Session::download_task_resuming) |
//! | download with a completion handler | [`Session::download_task_with`](crate::Session::download_task_with) |
//! | `streamTask` | never: raw sockets are no transfers, and a browser has none |
//! | `webSocketTask` | later |
//! | `dataTaskPublisher` | [`Session::bytes`](crate::Session::bytes), a stream |
//!
//! # 1.2 URLSessionConfiguration
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | `default`, `ephemeral`, `background` | [`Configuration::default`](crate::Configuration::default), [`Configuration::ephemeral`](crate::Configuration::ephemeral); background later |
//! | `identifier` | later |
//! | `requestCachePolicy` | [`Configuration::request_cache_policy`](crate::Configuration::request_cache_policy) |
//! | `timeoutIntervalForRequest` | [`timeout_interval_for_request`](crate::Configuration::timeout_interval_for_request) |
//! | `timeoutIntervalForResource` | [`timeout_interval_for_resource`](crate::Configuration::timeout_interval_for_resource) |
//! | `networkServiceType` | [`network_service_type`](crate::Configuration::network_service_type), [`NetworkServiceType`](crate::NetworkServiceType); VoIP never: Apple gave it up for PushKit |
//! | `allowsCellularAccess` | [`allows_cellular_access`](crate::Configuration::allows_cellular_access), [`Request::with_allows_cellular_access`](crate::Request::with_allows_cellular_access) |
//! | `allowsExpensiveNetworkAccess`, `allowsConstrainedNetworkAccess` and its kin | [`allows_expensive_network_access`](crate::Configuration::allows_expensive_network_access), [`allows_constrained_network_access`](crate::Configuration::allows_constrained_network_access); ultra-constrained never: no other platform knows it |
//! | `waitsForConnectivity` | [`waits_for_connectivity`](crate::Configuration::waits_for_connectivity) |
//! | `isDiscretionary` | later |
//! | `sharedContainerIdentifier`, `sessionSendsLaunchEvents` | never: app extensions and relaunch are Apple's |
//! | `connectionProxyDictionary`, `proxyConfigurations` | later |
//! | `tlsMinimumSupportedProtocolVersion`, `tlsMaximum…` | [`tls_minimum_supported_protocol_version`](crate::Configuration::tls_minimum_supported_protocol_version); the maximum never: nobody gains by refusing TLS 1.3 |
//! | `httpShouldUsePipelining` | never: deprecated, and no browser pipelines |
//! | `httpShouldSetCookies` | later |
//! | `httpCookieAcceptPolicy` | later |
//! | `httpCookieStorage` | later |
//! | `httpAdditionalHeaders` | [`http_additional_headers`](crate::Configuration::http_additional_headers) |
//! | `httpMaximumConnectionsPerHost` | [`http_maximum_connections_per_host`](crate::Configuration::http_maximum_connections_per_host) |
//! | `urlCredentialStorage`, `urlCache` | [`SessionBuilder::cache`](crate::SessionBuilder::cache), [`Session::url_cache`](crate::Session::url_cache); no cache without one; the credentials later |
//! | `shouldUseExtendedBackgroundIdleMode` | never: no app is suspended here |
//! | `protocolClasses` | [`SessionBuilder::protocol`](crate::SessionBuilder::protocol) |
//! | `multipathServiceType` | never: hyper and the browser have no way to ask for it |
//! | `requiresDNSSECValidation`, `enablesEarlyData`, `usesClassicLoadingMode` | never: no validating resolver, early data can be replayed, one loader |
//!
//! # 1.3 URLSessionTask
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | `state` | [`Task::state`](crate::Task::state), [`TaskState`](crate::TaskState) |
//! | `resume` | [`Task::resume`](crate::Task::resume) |
//! | `suspend` | [`Task::suspend`](crate::Task::suspend); it goes on where it stopped, Apple's data task starts over |
//! | `cancel` | [`Task::cancel`](crate::Task::cancel) |
//! | `taskIdentifier` | [`Task::id`](crate::Task::id) |
//! | `originalRequest`, `currentRequest` | [`Task::original_request`](crate::Task::original_request), [`Task::current_request`](crate::Task::current_request) |
//! | `response`, `error` | [`Task::response`](crate::Task::response), [`Task::error`](crate::Task::error) |
//! | `taskDescription` | [`Task::description`](crate::Task::description) |
//! | `countOfBytesReceived`, `countOfBytesSent` | [`Task::count_of_bytes_received`](crate::Task::count_of_bytes_received), [`Task::count_of_bytes_sent`](crate::Task::count_of_bytes_sent) |
//! | `countOfBytesExpectedToReceive` | [`Task::count_of_bytes_expected_to_receive`](crate::Task::count_of_bytes_expected_to_receive) |
//! | `countOfBytesExpectedToSend` | [`Task::count_of_bytes_expected_to_send`](crate::Task::count_of_bytes_expected_to_send) |
//! | `countOfBytesClientExpectsToSend`, `…Receive` | later |
//! | `earliestBeginDate` | later |
//! | `priority` | [`Task::priority`](crate::Task::priority), [`Task::set_priority`](crate::Task::set_priority) |
//! | `prefersIncrementalDelivery` | never: chunks come as they arrive; gathering is for the reader |
//! | `progress` | [`Task::progress`](crate::Task::progress) |
//! | `delegate` | [`Session::data_task_with_delegate`](crate::Session::data_task_with_delegate): given at birth |
//!
//! # 1.4 Kinds of tasks
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | `URLSessionDataTask` | [`DataTask`](crate::DataTask) |
//! | `URLSessionUploadTask` | [`UploadTask`](crate::UploadTask), [`UploadTask::cancel_producing_resume_data`](crate::UploadTask::cancel_producing_resume_data) |
//! | `URLSessionDownloadTask`, `cancel(byProducingResumeData:)` | [`DownloadTask`](crate::DownloadTask), [`DownloadTask::cancel_producing_resume_data`](crate::DownloadTask::cancel_producing_resume_data) |
//! | stream task: read | never: see `streamTask` in 1.1 |
//! | stream task: write, close | never: see `streamTask` in 1.1 |
//! | stream task: TLS, capture | never: see `streamTask` in 1.1 |
//! | WebSocket `send` | later |
//! | WebSocket `receive` | later |
//! | WebSocket `sendPing` | later |
//! | WebSocket `cancel(with:reason:)`, close code and reason | later |
//! | WebSocket `maximumMessageSize` | later |
//! | WebSocket subprotocol and handshake rules | later |
//!
//! # 1.5 Delegates
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | session: `didBecomeInvalidWithError` | [`Delegate::did_become_invalid`](crate::Delegate::did_become_invalid) |
//! | session: `didReceive challenge` | later |
//! | session: `didFinishEvents(forBackgroundURLSession:)` | later |
//! | task: `didCreateTask` | never: who makes the task has its handle |
//! | task: `willBeginDelayedRequest` | later |
//! | task: `taskIsWaitingForConnectivity` | [`Delegate::task_is_waiting_for_connectivity`](crate::Delegate::task_is_waiting_for_connectivity) |
//! | task: `willPerformHTTPRedirection` | [`Delegate::will_perform_http_redirection`](crate::Delegate::will_perform_http_redirection) |
//! | task: `didReceive challenge` | later |
//! | task: the challenge's disposition | later |
//! | task: `needNewBodyStream` | [`Delegate::need_new_body_stream`](crate::Delegate::need_new_body_stream) |
//! | task: `needNewBodyStreamFromOffset` | [`Delegate::need_new_body_stream_from_offset`](crate::Delegate::need_new_body_stream_from_offset) |
//! | task: `didSendBodyData` | [`Delegate::did_send_body_data`](crate::Delegate::did_send_body_data) |
//! | task: `didReceiveInformationalResponse` | [`Delegate::did_receive_informational_response`](crate::Delegate::did_receive_informational_response) |
//! | task: `didFinishCollecting metrics` | [`Delegate::did_finish_collecting_metrics`](crate::Delegate::did_finish_collecting_metrics) |
//! | task: `didCompleteWithError` | [`Delegate::did_complete`](crate::Delegate::did_complete) |
//! | data: `didReceive response`, its disposition | [`Delegate::did_receive_response`](crate::Delegate::did_receive_response), [`ResponseDisposition`](crate::ResponseDisposition); to become a stream never: see `streamTask` in 1.1 |
//! | data: `didBecome downloadTask`, `didBecome streamTask` | [`Delegate::did_become_download_task`](crate::Delegate::did_become_download_task); the stream task never: see `streamTask` in 1.1 |
//! | data: `didReceive data` | [`Delegate::did_receive_data`](crate::Delegate::did_receive_data), decoded unless [`Request::with_content_decoding`](crate::Request::with_content_decoding) says otherwise |
//! | data: `willCacheResponse` | [`Delegate::will_cache_response`](crate::Delegate::will_cache_response) |
//! | download: `didFinishDownloadingTo` | [`Delegate::did_finish_downloading_to`](crate::Delegate::did_finish_downloading_to) |
//! | download: `didWriteData` | [`Delegate::did_write_data`](crate::Delegate::did_write_data) |
//! | download: `didResumeAtOffset` | [`Delegate::did_resume_at_offset`](crate::Delegate::did_resume_at_offset) |
//! | stream: its notices | never: see `streamTask` in 1.1 |
//! | WebSocket: `didOpenWithProtocol`, `didCloseWith` | later |
//! | `URLProtocolClient` | [`ProtocolClient`](crate::ProtocolClient) |
//!
//! # 1.6 The order of callbacks
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | 1. a data task: redirects, body streams, sent, response, data, completion | [`Delegate`](crate::Delegate#the-contract), rules 1 to 3 |
//! | 2. a download | [`Delegate::did_finish_downloading_to`](crate::Delegate::did_finish_downloading_to), then [`Delegate::did_complete`](crate::Delegate::did_complete) |
//! | 3. redirects call per hop; response and data come of the last | [`Delegate::will_perform_http_redirection`](crate::Delegate::will_perform_http_redirection) |
//! | 4. an upload: sent before response; GET with a body fails at once | [`ErrorCode::DataLengthExceedsMaximum`](crate::ErrorCode::DataLengthExceedsMaximum) |
//! | 5. a WebSocket | later |
//! | 6. a handler is called once, in place of response, data and completion | [`Session::data_task_with`](crate::Session::data_task_with) |
//! | 7. every completion precedes `didBecomeInvalid` | [`Delegate`](crate::Delegate#the-contract), rule 5 |
//! | 8. a cache hit calls as the network does | [`UrlCache`](crate::UrlCache) |
//!
//! # 1.7 URLRequest
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | `url`, `mainDocumentURL` | [`Request::url`](crate::Request::url); the main document later |
//! | `cachePolicy` | [`Request::with_cache_policy`](crate::Request::with_cache_policy) |
//! | `timeoutInterval` | [`Request::timeout_interval`](crate::Request::timeout_interval) |
//! | `httpMethod` | [`Request::method`](crate::Request::method), [`Request::with_method_name`](crate::Request::with_method_name) |
//! | `allHTTPHeaderFields`, `setValue`, `addValue` | [`Request::headers`](crate::Request::headers), [`Request::header`](crate::Request::header), [`Request::header_added`](crate::Request::header_added) |
//! | `httpBody`, `httpBodyStream` | [`Request::body`](crate::Request::body), [`RequestBody`](crate::RequestBody) |
//! | `httpShouldHandleCookies` | later |
//! | `httpShouldUsePipelining`, `networkServiceType`, `allows…Access` | [`Request::with_allows_cellular_access`](crate::Request::with_allows_cellular_access), [`with_allows_expensive_network_access`](crate::Request::with_allows_expensive_network_access), [`with_allows_constrained_network_access`](crate::Request::with_allows_constrained_network_access); [`with_network_service_type`](crate::Request::with_network_service_type); pipelining never: see 1.2 |
//! | `assumesHTTP3Capable`, `attribution`, `requiresDNSSECValidation`, … | HTTP/3 later; the others never: they are Apple's |
//! | default header fields | [`Session::data`](crate::Session::data): User-Agent, Accept and the [`Decoder`](crate::Decoder)'s codings as Accept-Encoding where the request has none; Content-Type for a POST with a body |
//! | equality | [`Request`](crate::Request): by method, URL, header fields, body, timeout, allowed networks, decoding and cache policy; Apple leaves some out |
//!
//! # 1.8 URLResponse, HTTPURLResponse
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | `url`, `mimeType`, `expectedContentLength`, `textEncodingName` | [`Response::url`](crate::Response::url), [`Response::mime_type`](crate::Response::mime_type), [`Response::expected_content_length`](crate::Response::expected_content_length), [`Response::text_encoding_name`](crate::Response::text_encoding_name) |
//! | `suggestedFilename` | [`Response::suggested_filename`](crate::Response::suggested_filename) |
//! | `statusCode`, `allHeaderFields`, `value(forHTTPHeaderField:)` | [`Response::status`](crate::Response::status), [`Response::headers`](crate::Response::headers), [`Response::value`](crate::Response::value) |
//! | `localizedString(forStatusCode:)` | [`Response::localized_string`](crate::Response::localized_string) |
//!
//! # 1.9 URLCache
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | `shared`, `init(memoryCapacity:diskCapacity:directory:)` | [`UrlCache::in_memory`](crate::UrlCache::in_memory), [`UrlCache::new`](crate::UrlCache::new) with a [`CacheStore`](crate::CacheStore), natively `url_cache`; a clone is the same cache |
//! | look up, store, remove | [`UrlCache::cached_response`](crate::UrlCache::cached_response), [`store_cached_response`](crate::UrlCache::store_cached_response), [`remove_cached_response`](crate::UrlCache::remove_cached_response), [`remove_all_cached_responses`](crate::UrlCache::remove_all_cached_responses), [`remove_cached_responses_since`](crate::UrlCache::remove_cached_responses_since) |
//! | `memoryCapacity`, `diskCapacity` | [`UrlCache::memory_capacity`](crate::UrlCache::memory_capacity), [`set_memory_capacity`](crate::UrlCache::set_memory_capacity), [`disk_capacity`](crate::UrlCache::disk_capacity), [`set_disk_capacity`](crate::UrlCache::set_disk_capacity) |
//! | `currentMemoryUsage`, `currentDiskUsage` | [`UrlCache::current_memory_usage`](crate::UrlCache::current_memory_usage), [`current_disk_usage`](crate::UrlCache::current_disk_usage) |
//! | `CachedURLResponse` | [`CachedResponse`](crate::CachedResponse) |
//! | storage policy | [`CacheStoragePolicy`](crate::CacheStoragePolicy) |
//! | `useProtocolCachePolicy` | [`CachePolicy::UseProtocolCachePolicy`](crate::CachePolicy::UseProtocolCachePolicy) |
//! | `reloadIgnoringLocalCacheData` | [`CachePolicy::ReloadIgnoringLocalCacheData`](crate::CachePolicy::ReloadIgnoringLocalCacheData) |
//! | `reloadIgnoringLocalAndRemoteCacheData` | [`CachePolicy::ReloadIgnoringLocalAndRemoteCacheData`](crate::CachePolicy::ReloadIgnoringLocalAndRemoteCacheData) |
//! | `returnCacheDataElseLoad` | [`CachePolicy::ReturnCacheDataElseLoad`](crate::CachePolicy::ReturnCacheDataElseLoad) |
//! | `returnCacheDataDontLoad` | [`CachePolicy::ReturnCacheDataDontLoad`](crate::CachePolicy::ReturnCacheDataDontLoad) |
//! | `reloadRevalidatingCacheData` | [`CachePolicy::ReloadRevalidatingCacheData`](crate::CachePolicy::ReloadRevalidatingCacheData) |
//! | what may be stored | [`UrlCache`](crate::UrlCache): as RFC 9111 says for a private cache, variants (`Vary`) side by side, credentials apart, parts of what broke off |
//! | in a browser, conditional requests by hand | later |
//!
//! # 1.10 Cookies
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | `HTTPCookie(properties:)` | later |
//! | the fields of a cookie | later |
//! | `cookies(withResponseHeaderFields:for:)` | later |
//! | `requestHeaderFields(with:)` | later |
//! | `HTTPCookieStorage.shared`, by group container | later; the group container never: it is Apple's |
//! | set, delete, list, sort | later |
//! | `cookies(for:)` | later |
//! | `setCookies(_:for:mainDocumentURL:)` | later |
//! | `getCookiesFor`, `storeCookies`, for a task | later |
//! | change notifications | later |
//!
//! # 1.11 Authentication
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | `URLCredential` of user and password | later |
//! | `URLCredential` of an identity, of a trust | later |
//! | `URLProtectionSpace` | later |
//! | authentication methods | later |
//! | `URLAuthenticationChallenge` | later |
//! | `URLCredentialStorage` | later |
//! | a credential is stored when its task succeeded | later |
//!
//! # 1.12 URLProtocol
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | `registerClass`, `protocolClasses` | [`SessionBuilder::protocol`](crate::SessionBuilder::protocol); for all sessions at once never: who loads what would hang on code elsewhere in the program |
//! | `canInit`, `canonicalRequest`, `requestIsCacheEquivalent` | [`UrlProtocol::can_init`](crate::UrlProtocol::can_init), [`UrlProtocol::canonical_request`](crate::UrlProtocol::canonical_request); equivalence later, with the cache |
//! | `startLoading`, `stopLoading` | [`UrlProtocol::start_loading`](crate::UrlProtocol::start_loading); to stop is to drop what it gave |
//! | properties of a request | [`Request::property`](crate::Request::property), [`Request::with_property`](crate::Request::with_property), [`Request::without_property`](crate::Request::without_property) |
//! | `URLProtocolClient` | [`ProtocolClient`](crate::ProtocolClient) or [`ProtocolEvents`](crate::ProtocolEvents); to finish and to fail is to return; cached responses and challenges later |
//! | built in: http, https, data, ws, file, … | http, https, data and, where the platform has files, file: see [`UrlProtocol`](crate::UrlProtocol); ws later; ftp never: deprecated |
//!
//! # 1.13 Progress
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | `totalUnitCount`, `completedUnitCount` | [`Progress::total_unit_count`](crate::Progress::total_unit_count), [`Progress::completed_unit_count`](crate::Progress::completed_unit_count) |
//! | `fractionCompleted` | [`Progress::fraction_completed`](crate::Progress::fraction_completed) |
//! | `isIndeterminate`, `isFinished` | [`Progress::is_indeterminate`](crate::Progress::is_indeterminate), [`Progress::is_finished`](crate::Progress::is_finished), [`ProgressState`](crate::ProgressState) |
//! | `cancel`, `pause`, `resume` and their handlers | [`Progress::cancel`](crate::Progress::cancel), [`Progress::pause`](crate::Progress::pause), [`Progress::resume`](crate::Progress::resume), [`Progress::set_cancellation_handler`](crate::Progress::set_cancellation_handler) and its two companions |
//! | `addChild` | [`Progress::add_child`](crate::Progress::add_child) |
//! | `becomeCurrent`, `resignCurrent` | [`ProgressShare`](crate::ProgressShare), handed on by value; a current one never: a hidden parent of the thread does not survive an await |
//! | `userInfo`, throughput, time remaining | [`Progress::info`](crate::Progress::info), [`ProgressSnapshot`](crate::ProgressSnapshot) |
//!
//! # 1.14 Metrics
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | `taskInterval`, `redirectCount`, `transactionMetrics` | [`TaskMetrics`](crate::TaskMetrics) |
//! | dates | moments of [`TransactionMetrics`](crate::TransactionMetrics), dates by [`TaskMetrics::date_of`](crate::TaskMetrics::date_of) |
//! | byte counts | [`TransactionMetrics`](crate::TransactionMetrics); in a browser those of bodies, where [it tells](crate::Capabilities::metrics) |
//! | `networkProtocolName`, `isReusedConnection`, `isProxyConnection` | [`TransactionMetrics`](crate::TransactionMetrics) |
//! | addresses, TLS version, cipher | [`TransactionMetrics`](crate::TransactionMetrics), [`CipherSuite`](crate::CipherSuite) |
//! | cellular, expensive, constrained, multipath | [`TransactionMetrics`](crate::TransactionMetrics), as [`NetworkPath`](crate::NetworkPath) tells; multipath never: no platform of ours tells |
//! | `resourceFetchType` | [`ResourceFetchType`](crate::ResourceFetchType); a server push never: it is dead |
//!
//! # 1.15 URLError
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | -1 `unknown` | [`Unknown`](crate::ErrorCode::Unknown) |
//! | -999 `cancelled` | [`Cancelled`](crate::ErrorCode::Cancelled) |
//! | -1000 `badURL` | [`BadUrl`](crate::ErrorCode::BadUrl) |
//! | -1001 `timedOut` | [`TimedOut`](crate::ErrorCode::TimedOut) |
//! | -1002 `unsupportedURL` | [`UnsupportedUrl`](crate::ErrorCode::UnsupportedUrl) |
//! | -1003 `cannotFindHost` | [`CannotFindHost`](crate::ErrorCode::CannotFindHost) |
//! | -1004 `cannotConnectToHost` | [`CannotConnectToHost`](crate::ErrorCode::CannotConnectToHost) |
//! | -1005 `networkConnectionLost` | [`NetworkConnectionLost`](crate::ErrorCode::NetworkConnectionLost) |
//! | -1006 `dnsLookupFailed` | [`DnsLookupFailed`](crate::ErrorCode::DnsLookupFailed) |
//! | -1007 `httpTooManyRedirects` | [`HttpTooManyRedirects`](crate::ErrorCode::HttpTooManyRedirects) |
//! | -1008 `resourceUnavailable` | [`ResourceUnavailable`](crate::ErrorCode::ResourceUnavailable) |
//! | -1009 `notConnectedToInternet` | [`NotConnectedToInternet`](crate::ErrorCode::NotConnectedToInternet) |
//! | -1010 `redirectToNonExistentLocation` | [`RedirectToNonExistentLocation`](crate::ErrorCode::RedirectToNonExistentLocation) |
//! | -1011 `badServerResponse` | [`BadServerResponse`](crate::ErrorCode::BadServerResponse) |
//! | -1012 `userCancelledAuthentication` | [`UserCancelledAuthentication`](crate::ErrorCode::UserCancelledAuthentication) |
//! | -1013 `userAuthenticationRequired` | [`UserAuthenticationRequired`](crate::ErrorCode::UserAuthenticationRequired) |
//! | -1014 `zeroByteResource` | [`ZeroByteResource`](crate::ErrorCode::ZeroByteResource) |
//! | -1015 `cannotDecodeRawData` | [`CannotDecodeRawData`](crate::ErrorCode::CannotDecodeRawData) |
//! | -1016 `cannotDecodeContentData` | [`CannotDecodeContentData`](crate::ErrorCode::CannotDecodeContentData) |
//! | -1017 `cannotParseResponse` | [`CannotParseResponse`](crate::ErrorCode::CannotParseResponse) |
//! | -1018 `internationalRoamingOff` | [`InternationalRoamingOff`](crate::ErrorCode::InternationalRoamingOff) |
//! | -1019 `callIsActive` | [`CallIsActive`](crate::ErrorCode::CallIsActive) |
//! | -1020 `dataNotAllowed` | [`DataNotAllowed`](crate::ErrorCode::DataNotAllowed) |
//! | -1021 `requestBodyStreamExhausted` | [`RequestBodyStreamExhausted`](crate::ErrorCode::RequestBodyStreamExhausted) |
//! | -1022 `appTransportSecurityRequiresSecureConnection` | [`AppTransportSecurityRequiresSecureConnection`](crate::ErrorCode::AppTransportSecurityRequiresSecureConnection) |
//! | -1100 `fileDoesNotExist` | [`FileDoesNotExist`](crate::ErrorCode::FileDoesNotExist) |
//! | -1101 `fileIsDirectory` | [`FileIsDirectory`](crate::ErrorCode::FileIsDirectory) |
//! | -1102 `noPermissionsToReadFile` | [`NoPermissionsToReadFile`](crate::ErrorCode::NoPermissionsToReadFile) |
//! | -1103 `dataLengthExceedsMaximum` | [`DataLengthExceedsMaximum`](crate::ErrorCode::DataLengthExceedsMaximum) |
//! | -1104 `fileOutsideSafeArea` | [`FileOutsideSafeArea`](crate::ErrorCode::FileOutsideSafeArea) |
//! | -1200 `secureConnectionFailed` | [`SecureConnectionFailed`](crate::ErrorCode::SecureConnectionFailed) |
//! | -1201 `serverCertificateHasBadDate` | [`ServerCertificateHasBadDate`](crate::ErrorCode::ServerCertificateHasBadDate) |
//! | -1202 `serverCertificateUntrusted` | [`ServerCertificateUntrusted`](crate::ErrorCode::ServerCertificateUntrusted) |
//! | -1203 `serverCertificateHasUnknownRoot` | [`ServerCertificateHasUnknownRoot`](crate::ErrorCode::ServerCertificateHasUnknownRoot) |
//! | -1204 `serverCertificateNotYetValid` | [`ServerCertificateNotYetValid`](crate::ErrorCode::ServerCertificateNotYetValid) |
//! | -1205 `clientCertificateRejected` | [`ClientCertificateRejected`](crate::ErrorCode::ClientCertificateRejected) |
//! | -1206 `clientCertificateRequired` | [`ClientCertificateRequired`](crate::ErrorCode::ClientCertificateRequired) |
//! | -2000 `cannotLoadFromNetwork` | [`CannotLoadFromNetwork`](crate::ErrorCode::CannotLoadFromNetwork) |
//! | -3000 `cannotCreateFile` | [`CannotCreateFile`](crate::ErrorCode::CannotCreateFile) |
//! | -3001 `cannotOpenFile` | [`CannotOpenFile`](crate::ErrorCode::CannotOpenFile) |
//! | -3002 `cannotCloseFile` | [`CannotCloseFile`](crate::ErrorCode::CannotCloseFile) |
//! | -3003 `cannotWriteToFile` | [`CannotWriteToFile`](crate::ErrorCode::CannotWriteToFile) |
//! | -3004 `cannotRemoveFile` | [`CannotRemoveFile`](crate::ErrorCode::CannotRemoveFile) |
//! | -3005 `cannotMoveFile` | [`CannotMoveFile`](crate::ErrorCode::CannotMoveFile) |
//! | -3006 `downloadDecodingFailedMidStream` | [`DownloadDecodingFailedMidStream`](crate::ErrorCode::DownloadDecodingFailedMidStream) |
//! | -3007 `downloadDecodingFailedToComplete` | [`DownloadDecodingFailedToComplete`](crate::ErrorCode::DownloadDecodingFailedToComplete) |
//! | -995 `backgroundSessionRequiresSharedContainer` | [`BackgroundSessionRequiresSharedContainer`](crate::ErrorCode::BackgroundSessionRequiresSharedContainer) |
//! | -996 `backgroundSessionInUseByAnotherProcess` | [`BackgroundSessionInUseByAnotherProcess`](crate::ErrorCode::BackgroundSessionInUseByAnotherProcess) |
//! | -997 `backgroundSessionWasDisconnected` | [`BackgroundSessionWasDisconnected`](crate::ErrorCode::BackgroundSessionWasDisconnected) |
//! | why the system cancelled: 0, 1, 2 | later |
//! | failing URL | [`Error::url`](crate::Error::url) |
//! | failing URL as a string | never: the URL has its text |
//! | underlying error | the `source` of [`Error`](crate::Error) |
//! | resume data | later |
//! | `networkUnavailableReason` | [`NetworkUnavailableReason`](crate::NetworkUnavailableReason), the `source` of the error |
//! | identifiers of tasks | never: the task has its [`id`](crate::Task::id) |
//!
//! # 1.16 Async forms and resume data
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | `data(for:delegate:)`, `data(from:)` | [`Session::data`](crate::Session::data), [`Session::data_with_delegate`](crate::Session::data_with_delegate) |
//! | `upload(for:fromFile:)`, `upload(for:from:)`, `upload(resumeFrom:)` | [`Session::upload`](crate::Session::upload), [`Session::upload_resuming`](crate::Session::upload_resuming) |
//! | `download(for:)`, `download(resumeFrom:)` | [`Session::download`](crate::Session::download), of [`ResumeData`](crate::ResumeData) too |
//! | `bytes(for:)` | [`Session::bytes`](crate::Session::bytes), [`BodyBytes`](crate::BodyBytes) |
//! | what resume data holds | [`ResumeData`](crate::ResumeData) |
//! | the request that resumes | [`Session::download_task_resuming`](crate::Session::download_task_resuming) |
//! | resume data of a failure | [`Error::resume_data`](crate::Error::resume_data), [`Error::upload_resume_data`](crate::Error::upload_resume_data) |
//!
//! # 1.17 Background sessions
//!
//! | NSURLSession | urlsession |
//! |---|---|
//! | one live session of an identifier | later |
//! | who runs it | later |
//! | what it may do | later |
//! | redirects are followed unasked | later |
//! | relaunch, replay of events | later |
//! | retries until the resource timeout | later |
//! | started in the background: discretionary | never: a program here is not moved to the background |
//! | hints | later |
//! | in a browser | never: Background Fetch is being removed, and nothing else outlives the page |
