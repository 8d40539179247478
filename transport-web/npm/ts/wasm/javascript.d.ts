/** What a part of the module has of JavaScript, as `xtask` cuts it. */

/** The mark of the module that it is of. */
export const of: string;
/** Gives what the part imports, and what it has for other parts, of what these have for it. */
declare const javascript: (given: object) => [imports: object, more: object];
export default javascript;
