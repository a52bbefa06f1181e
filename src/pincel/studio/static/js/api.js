// The only file that talks to the server.

/** What the server, or the lack of one, answered: a line for people, and the field of the form it is about, if any. */
export class ApiError extends Error {
  constructor(message, field = null, status = 0) {
    super(message);
    this.field = field;
    this.status = status;
  }
}

async function ask(method, path, body, signal) {
  const options = { method, signal, headers: { Accept: "application/json" } };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new ApiError("", null, 0);
  }
  if (answer.ok && answer.headers.get("Content-Type")?.startsWith("image/")) return answer.blob();
  const json = answer.headers.get("Content-Type")?.includes("json");
  const data = json ? await answer.json().catch(() => null) : null;
  if (!answer.ok) throw new ApiError(data?.error?.message ?? `${answer.status} ${answer.statusText}`, data?.error?.field ?? null, answer.status);
  return data;
}

export const api = {
  get: (path) => ask("GET", path),
  post: (path, body) => ask("POST", path, body),
  /** Ask for a picture, until `signal` says that nobody waits for it. */
  picture: (path, body, signal) => ask("POST", path, body, signal),
  del: (path) => ask("DELETE", path),
  /** Send a picture; returns {id, name, width, height, bytes, notes}. */
  upload(file, name = file.name) {
    const form = new FormData();
    form.append("file", file, name);
    form.append("name", name);
    return ask("POST", "api/pictures", form);
  },
};

// Seconds until a lost stream is asked for again.
const AGAIN = [0.5, 1, 2];

/**
 * Listen to a stream of server-sent events until the returned function is called. A stream that breaks is asked for again, as long as it takes.
 *
 * @param url Where.
 * @param handlers Event type → function of its data; `open` and `lost` are told of the connection itself.
 */
export function events(url, handlers) {
  let source = null;
  let timer = 0;
  let failures = 0;

  function connect() {
    source = new EventSource(url);
    source.addEventListener("open", () => {
      failures = 0;
      handlers.open?.();
    });
    source.addEventListener("error", () => {
      source.close();
      handlers.lost?.();
      timer = setTimeout(connect, 1000 * AGAIN[Math.min(failures++, AGAIN.length - 1)]);
    });
    for (const [type, handle] of Object.entries(handlers)) {
      if (type !== "open" && type !== "lost") source.addEventListener(type, (event) => handle(event.data ? JSON.parse(event.data) : null));
    }
  }

  connect();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

/** Where a picture, named as a run names it, is: as `thumb` (320 px) or `view` (1600 px at most). */
export function pictureUrl(ref, kind = "view") {
  if (ref.startsWith("sample:")) return `api/samples/${ref.slice(7)}${kind === "thumb" ? "/thumb.webp" : ".jpg"}`;
  return `api/pictures/${ref}/${kind === "thumb" ? "thumb.webp" : "view.jpg"}`;
}
