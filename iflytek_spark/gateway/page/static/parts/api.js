/** Asks the gateway that sent this page, and nobody else. */

/** The gateway's address, with a slash at its end. */
export const gateway = new URL(".", document.baseURI).href;

/** A key that the user typed, kept until the tab is closed. */
class Key {
  constructor(name) {
    this.name = name;
    this.text = sessionStorage.getItem(name) ?? "";
  }

  use(text) {
    this.text = text.trim();
    if (this.text) sessionStorage.setItem(this.name, this.text);
    else sessionStorage.removeItem(this.name);
  }
}

/** The key that asks models. */
export const callerKey = new Key("spark-key");

/** The key that reads and changes what is the operator's. */
export const operatorKey = new Key("spark-operator-key");

/** What failed, as the gateway says it. */
export class ApiError extends Error {
  /**
   * @param {string} message what happened, and what to do
   * @param {Object} details `status`, `code`, `sparkCode`, `sid`, `requestId`, as far as known
   */
  constructor(message, details = {}) {
    super(message);
    Object.assign(this, details);
  }

  /** Read an error of OpenAI's form. */
  static from(body, status, requestId) {
    const error = body?.error ?? {};
    const { code, sid, spark_code: sparkCode } = error;
    const message = typeof error.message === "string" ? error.message : `HTTP ${status}`;
    return new ApiError(message, { status, code, sparkCode, sid, requestId });
  }
}

/**
 * Ask for something.
 * @param {string} path within the gateway, without a slash before it
 * @param {{body?: Object, signal?: AbortSignal, key?: Key}} options with a body it is a POST
 * @returns {Promise<Response>} a response that is no error
 */
export async function ask(path, { body, signal, key = callerKey } = {}) {
  const headers = key.text ? { authorization: `Bearer ${key.text}` } : {};
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await reached(path, {
    method: body === undefined ? "GET" : "POST",
    body: body === undefined ? undefined : JSON.stringify(body),
    headers,
    signal,
    cache: "no-store",
  });
  if (response.ok) return response;
  const failure = await response.json().catch(() => null);
  throw ApiError.from(failure, response.status, response.headers.get("x-request-id"));
}

async function reached(path, options) {
  try {
    return await fetch(new URL(path, gateway), options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(error.message, { code: "unreachable" });
  }
}

/** Ask for JSON. */
export const askJson = async (path, options) => (await ask(path, options)).json();
