// Who is playing: accounts over HTTP, and the tokens. Why they are kept where they are: docs/decisions/034.

const key = "gammonguru.refresh";
let access = null;

/** A refusal of the server, or its absence: `status` is 0 when nothing came back. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || "The server can't be reached. Please try again.");
    this.status = status;
    this.code = problem.code;
  }
}

async function send(method, path, body, token) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = "Bearer " + token;
  let response;
  try {
    response = await fetch(path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(15000),
    });
  } catch {
    throw new Refusal(0, {});
  }
  const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(response.status, answer);
  return answer;
}

function keep(answer) {
  access = answer.accessToken;
  localStorage.setItem(key, answer.refreshToken);
}

function forget() {
  access = null;
  localStorage.removeItem(key);
}

/** Whether somebody has logged in on this device. */
export function known() {
  return localStorage.getItem(key) !== null;
}

/** Registers (`what` "register") or logs in ("login"). Throws a Refusal. */
export async function enter(what, name, password) {
  keep(await send("POST", "/api/" + what, { name, password }));
}

/** A fresh access token. Throws a Refusal; with status 401 the player has to log in again. */
export async function refresh() {
  const before = localStorage.getItem(key);
  // One tab at a time: two that use the same token look like a thief, and both would be logged out.
  return navigator.locks.request(key, async () => {
    const token = localStorage.getItem(key);
    if (token === null) throw new Refusal(401, { detail: "Please log in." });
    if (token !== before && access) return access;
    try {
      keep(await send("POST", "/api/refresh", { refreshToken: token }));
    } catch (refusal) {
      if (refusal.status === 401) forget();
      throw refusal;
    }
    return access;
  });
}

/** An access token that was good when it was last used, or a fresh one. */
export async function token() {
  return access ?? refresh();
}

/** Asks the API as the player, once more with a fresh token when the old one has ended. Throws a Refusal. */
async function askOnce(method, path, body) {
  try {
    return await send(method, path, body, await token());
  } catch (refusal) {
    if (refusal.status !== 401 || !known()) throw refusal;
    return send(method, path, body, await refresh());
  }
}

/**
 * Asks the API as the player, some five seconds long while the server is away or busy: every request of the protocol
 * may be repeated. Throws a Refusal.
 */
export async function ask(method, path, body) {
  for (let pause = 200; ; pause *= 2) {
    try {
      return await askOnce(method, path, body);
    } catch (refusal) {
      if (![0, 429, 503].includes(refusal.status) || pause > 3200) throw refusal;
      await new Promise((done) => setTimeout(done, pause * (0.75 + Math.random() / 2)));
    }
  }
}

/** Logs out on this device, even when the server does not hear of it. */
export async function leave() {
  const refreshToken = localStorage.getItem(key);
  const last = access;
  forget();
  await send("POST", "/api/logout", { refreshToken }, last).catch(() => {});
}
