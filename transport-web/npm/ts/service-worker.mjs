// The package for service workers, which have no `import()`: what else is imported when it is first needed is imported at once.

import load from "./index.js";
import * as cache from "./urlsession_cache.js";
import * as downloads from "./urlsession_downloads.js";
import * as more from "./urlsession_more.js";

export * from "./index.js";

export default function init(module, parts) {
  return load(module, parts, { cache, downloads, more });
}
