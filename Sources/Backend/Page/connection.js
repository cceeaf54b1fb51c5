// The one WebSocket, and what makes it heal by itself: docs/protocol.md, "What a client does when something breaks".

import { Refusal, refresh, token } from "./session.js";

const store = "gammonguru.commands";
const quiet = 10000;
const patience = 5000;

/** A client id that nobody has used before. */
export function newId() {
  return crypto.randomUUID();
}

/**
 * Talks to the server until `close()`. Commands are kept until they are answered, over a reload of the page too, and
 * sent again unchanged after each reconnect.
 *
 * @param on `message(m)`, `welcome(m)`, `lost()`, `loggedOut()`
 */
export class Connection {
  #socket = null;
  #on;
  #closed = false;
  #greeted = false;
  #failures = 0;
  #timer = 0;
  #heard = 0;
  #pulse = 0;
  #pending = new Map();

  constructor(on) {
    this.#on = on;
    for (const command of JSON.parse(sessionStorage.getItem(store) ?? "[]")) this.#pending.set(command.id, command);
    this.#connect();
    addEventListener("online", this.#now);
    this.#pulse = setInterval(() => this.#check(), 1000);
  }

  close() {
    this.#closed = true;
    removeEventListener("online", this.#now);
    clearInterval(this.#pulse);
    clearTimeout(this.#timer);
    sessionStorage.removeItem(store);
    this.#socket?.close();
  }

  /** Sends a question, if there is somebody to ask: after a reconnect everything is asked anew anyway. */
  tell(type, fields = {}) {
    if (this.#greeted) this.#send({ type, id: newId(), ...fields });
  }

  /** Sends a command of the game, now and again until it is answered. */
  command(type, fields) {
    const command = { type, id: newId(), ...fields };
    this.#pending.set(command.id, command);
    this.#save();
    if (this.#greeted) this.#send(command);
  }

  #now = () => {
    if (this.#timer) this.#connect();
  };

  #send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #save() {
    sessionStorage.setItem(store, JSON.stringify([...this.#pending.values()]));
  }

  async #connect() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    let access;
    try {
      // After a refusal of the token a fresh one is needed; `welcome` counts the failures anew.
      access = await (this.#failures > 1 ? refresh() : token());
    } catch (refusal) {
      if (refusal instanceof Refusal && refusal.status === 401) this.#on.loggedOut();
      else this.#again();
      return;
    }
    if (this.#closed) return;
    const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/ws", "gammonguru.v1");
    this.#socket = socket;
    this.#heard = Date.now();
    socket.onopen = () => this.#send({ type: "hello", id: newId(), token: access });
    socket.onmessage = (event) => this.#take(JSON.parse(event.data), socket);
    socket.onclose = () => this.#end(socket);
  }

  #end(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#greeted = false;
    this.#again();
  }

  #again() {
    if (this.#closed) return;
    const step = this.#failures === 0 ? 0 : Math.min(2000, 100 * 2 ** (this.#failures - 1));
    const delay = step * (0.75 + Math.random() / 2);
    this.#failures += 1;
    this.#on.lost();
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  /** A connection that says nothing is asked, and given up when it does not answer. */
  #check() {
    if (!this.#socket) return;
    const silence = Date.now() - this.#heard;
    const socket = this.#socket;
    if (silence > quiet + patience || (!this.#greeted && silence > quiet)) {
      socket.close();
      this.#end(socket);
    } else if (silence > quiet) {
      this.tell("ping");
    }
  }

  #take(message, socket) {
    if (socket !== this.#socket) return;
    this.#heard = Date.now();
    if (message.type === "welcome") {
      this.#greeted = true;
      this.#failures = 0;
      this.#on.welcome(message);
      for (const command of this.#pending.values()) this.#send(command);
      return;
    }
    const command = this.#pending.get(message.re);
    if (message.type === "error" && message.retry && command) {
      setTimeout(() => {
        if (this.#greeted && this.#pending.has(command.id)) this.#send(command);
      }, message.retryAfterMs ?? 1000);
      return;
    }
    if (message.type === "error" && message.code === "unauthorized" && !this.#greeted) {
      this.#failures = 2;
      socket.close();
      this.#end(socket);
      return;
    }
    if (command && (message.type === "ack" || message.type === "error")) {
      this.#pending.delete(message.re);
      this.#save();
    }
    this.#on.message(message);
  }
}
