/** The deeds of the part in WebAssembly, by the numbers of `src/calls.rs`. */

/** Deeds that are done at once, and that take and give no more than a number. */
export const enum Call {
  State,
  Resume,
  Suspend,
  Cancel,
  Priority,
  SetPriority,
  FreeTask,
  FinishSession,
  CancelSession,
  FreeSession,
  CancelResponse,
  FreeCache,
  MemoryCapacity,
  MemoryUsage,
  DiskCapacity,
  SetMemoryCapacity,
  Capabilities,
}

/** What can be looked at. */
export const enum Look {
  Error,
  Response,
  Numbers,
}

/** Deeds that take their time. */
export const enum Ask {
  Reset,
  FlushSession,
  CancelResumable,
  SetDiskCapacity,
  DiskUsage,
  RemoveAll,
  RemoveSince,
  FlushCache,
  CachedResponse,
  RemoveFile,
}
