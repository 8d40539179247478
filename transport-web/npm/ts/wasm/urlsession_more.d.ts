export { of, default } from "./javascript.js";
