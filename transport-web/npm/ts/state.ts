/** What a task is, and does. */

/** What becomes of a task's bytes. */
export type TaskKind = "data" | "upload" | "download";

/**
 * Apple's states, by their numbers.
 *
 * @internal
 */
export const STATES = ["running", "suspended", "canceling", "completed"] as const satisfies readonly TaskState[];

/** What a task is doing. */
export type TaskState = "running" | "suspended" | "canceling" | "completed";

