// Every client behind the same two functions: `get(url, times)`, one request after another, each body gathered, and `download(url)`, a body
// read chunk by chunk. Both give how many bytes came.

const plain = {
  async get(url, times) {
    let bytes = 0;
    for (let time = 0; time < times; time += 1) {
      const response = await fetch(url);
      bytes += new Uint8Array(await response.arrayBuffer()).length;
    }
    return bytes;
  },

  async download(url) {
    const reader = (await fetch(url)).body.getReader();
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return bytes;
      bytes += value.length;
    }
  },
};

/** The npm package, as a page uses it. */
async function packaged() {
  const { default: init, Session } = await import("/npm/index.js");
  await init();
  const session = new Session({});
  return {
    async get(url, times) {
      let bytes = 0;
      for (let time = 0; time < times; time += 1) {
        bytes += (await session.data(url)).data.length;
      }
      return bytes;
    },

    async download(url) {
      let bytes = 0;
      for await (const chunk of session.dataTask(url).resume()) bytes += chunk.length;
      return bytes;
    },
  };
}

async function compiled(name) {
  const module = await import(`/clients/${name}/client.js`);
  await module.default();
  return module;
}

const clients = { js: plain };

/** Loads the clients of these names; `npm` is the package, every other a module. */
window.load = async (names) => {
  for (const name of names) {
    clients[name] ??= await (name === "npm" ? packaged() : compiled(name));
  }
};

const realFetch = window.fetch;

/** Made once, as a browser has it at hand. */
const SMALL = `${location.origin}/small`;

/** A response that never saw a network, and has a URL all the same: without one, reqwest panics. */
class Imagined extends Response {
  get url() {
    return SMALL;
  }
}

/** 1 KiB, or `length` bytes in chunks of 64 KiB. */
const imagined = {
  small: () => new Imagined(new Uint8Array(1024)),
  stream: (length) => {
    const chunk = new Uint8Array(65536);
    let left = length;
    return new Imagined(new ReadableStream({
      pull(control) {
        control.enqueue(chunk.slice());
        left -= chunk.length;
        if (left <= 0) control.close();
      },
    }, { highWaterMark: 0 }));
  },
};

const scenarios = {
  mock_get: async (client, times) => {
    window.fetch = async () => imagined.small();
    return client.get(`${location.origin}/small`, times);
  },
  real_get: async (client, times) => client.get(`${location.origin}/small`, times),
  mock_download: async (client, mebibytes) => {
    window.fetch = async () => imagined.stream(mebibytes * 1048576);
    return client.download(`${location.origin}/big`);
  },
  real_download: async (client, mebibytes) =>
    client.download(`${location.origin}/big?mebibytes=${mebibytes}`),
};

/** Runs one client in one scenario; the bytes that came. */
window.run = async (scenario, name, amount) => {
  const client = clients[name];
  if (!client?.download && scenario.endsWith("download")) return undefined;
  try {
    return await scenarios[scenario](client, amount);
  } finally {
    window.fetch = realFetch;
  }
};

document.body.dataset.ready = "";
