/** What the part in WebAssembly calls. */

/** What an event comes with: counts, of which it may use fewer, and values. */
export type Told = [number: number, first: number, second: number, third: number, value: any, other: any];

/** One object, told of every event. No method throws. */
export interface Host {
  /** A list of numbers. */
  numbers(...all: number[]): number[];
  /** An event, by its place in the list of `hub.ts`. True where there is an answer to it. */
  tell(event: number, ...told: Told): boolean;
  /** The answer to the last event that had one, once: a value, or a promise of one. It never rejects. */
  answer(): unknown;
}
