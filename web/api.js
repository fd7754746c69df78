// Asks the server that the page came from.

const LIMIT_MILLISECONDS = 10_000;
const TOKEN = "advae-token";

export class Unauthenticated extends Error {}

// Something that the server says is not there, such as a model that was deleted.
export class NotFound extends Error {}

export function setToken(token) {
  sessionStorage.setItem(TOKEN, token);
}

// The JSON at a path relative to the page.
export async function ask(path) {
  const token = sessionStorage.getItem(TOKEN);
  const response = await fetch(path, {
    headers: token ? {Authorization: `Bearer ${token}`} : {},
    signal: AbortSignal.timeout(LIMIT_MILLISECONDS),
    cache: "no-store",
  });
  if (response.ok) return response.json();
  const {error} = await response.json().catch(() => ({}));
  const message = error || `the server answered with status ${response.status}`;
  if (response.status === 401) throw new Unauthenticated(message);
  if (response.status === 404) throw new NotFound(message);
  throw new Error(message);
}

export function modelPath(model, rest = "") {
  return `v1/models/${encodeURIComponent(model)}${rest}`;
}
