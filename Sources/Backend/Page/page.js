// The page: which of its three rooms is shown, and what the player may do there. All that is known of a game comes from
// the server; nothing here decides what is legal.

import * as session from "./session.js";
import { Connection, newId } from "./connection.js";
import { after, draw, seenBy } from "./board.js";

const $ = (id) => document.getElementById(id);
const opposite = { white: "black", black: "white" };

let user = null;
let connection = null;
/** The server's clock minus ours, in ms. */
let ahead = 0;
/** The game that is open: `id`, `state`, `plays`, `steps` made but not sent, `chosen`,
 * `told`: the last event seen, `news`, `sent`: whether a command is on its way. */
let game = null;
/** What was asked of the queue, while we wait there. */
let wishes = null;
/** When we last asked for our place, and when we last heard of it. A place that is not asked for again ends. */
let asked = 0;
let heard = 0;
const renewal = 30000;
/** When the leaderboard is to be asked for again. */
let leadersDue = 0;

// Words ---------------------------------------------------------------------------------------------------------------

function trouble(text) {
  $("trouble").hidden = !text;
  $("trouble").textContent = text ?? "";
}

/** Does what a button stands for; a refusal is shown, and the button rests meanwhile. */
async function attempt(button, work) {
  trouble();
  if (button) button.disabled = true;
  try {
    await work();
  } catch (refusal) {
    if (!(refusal instanceof session.Refusal)) throw refusal;
    if (refusal.status === 401 && user && !session.known()) loggedOut();
    trouble(refusal.message);
  } finally {
    if (button) button.disabled = false;
  }
}

function element(name, text, properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, properties);
}

function button(text, work, main = false) {
  const made = element("button", text, { className: main ? "main" : "" });
  made.addEventListener("click", () => attempt(made, work));
  return made;
}

function side() {
  if (game.state.players.white?.id === user?.id) return "white";
  return game.state.players.black?.id === user?.id ? "black" : null;
}

/** "You" or a name. */
function called(player) {
  return player === side() ? "You" : game.state.players[player]?.name ?? "Somebody";
}

function verb(player, plain, third = plain + "s") {
  return `${called(player)} ${player === side() ? plain : third}`;
}

/** In the numbers that the board shows: each player counts from his own side. */
function written(moves, player) {
  const own = player === (side() ?? "white");
  const name = (point) => (point === 25 ? "bar" : point === 0 ? "off" : own ? point : 25 - point);
  return moves.map(([from, to]) => `${name(from)} to ${name(to)}`).join(", ");
}

const counted = (points) => `${points} point${points === 1 ? "" : "s"}`;
const reasons = { resigned: " by resignation", timeout: " on time" };
const kinds = { single: "a game", gammon: "a gammon", backgammon: "a backgammon" };

function told(event) {
  const who = event.player;
  switch (event.event) {
    case "started":
      return `Game ${event.gameNumber}. ${verb(event.turn, "begin")} with ${event.dice.join(" and ")}.`;
    case "rolled": return `${called(who)} rolled ${event.dice.join(" and ")}.`;
    case "moved":
      return event.moves.length ? `${called(who)} moved ${written(event.moves, who)}.` : `${called(who)} could not move.`;
    case "doubled": return `${verb(who, "double")} to ${event.value}.`;
    case "taken": return `${verb(who, "take")} the cube at ${event.value}.`;
    case "beavered": return `${verb(who, "beaver")}: the cube is at ${event.value}.`;
    case "dropped": return `${verb(who, "drop")}.`;
    case "resignation_offered": return `${verb(who, "offer")} to resign ${Object.values(kinds)[event.value - 1]}.`;
    case "resignation_rejected": return `${verb(who, "decline")}. Play goes on.`;
    case "game_over":
      return `${verb(event.winner, "win")} ${kinds[event.kind]}: ${counted(event.points)}.`;
    case "match_over": {
      // A game for money that was played to its end has been told as a game.
      if (!game.state.matchLength && event.reason === "points") return "";
      return `${verb(event.winner, "win")}${game.state.matchLength ? " the match" : ""}${reasons[event.reason] ?? ""}.`;
    }
    default: return "";
  }
}

// Rooms ---------------------------------------------------------------------------------------------------------------

function show(room) {
  for (const main of document.querySelectorAll("main")) main.hidden = main.id !== room;
  $("who").hidden = room === "welcome";
}

function route() {
  trouble();
  const id = decodeURIComponent(location.hash.slice(1));
  if (game && game.id !== id) {
    connection?.tell("leave", { game: game.id });
    game = null;
  }
  if (!session.known()) return show("welcome");
  connection ??= open();
  if (!id) {
    show("lobby");
    document.title = "GammonGuru";
    leadersDue = 0;
    return lobby();
  }
  if (!game) {
    game = { id, state: null, plays: null, steps: [], chosen: null, told: 0, news: [], sent: false };
    ask();
  }
  if (game.state) show("game");
}

function open() {
  return new Connection({
    lost() {
      // A server that comes back within a second is not worth a word.
      bannerTimer ||= setTimeout(() => {
        $("banner").textContent = "The connection is lost. Your game is safe; reconnecting…";
        $("banner").hidden = false;
      }, 800);
    },
    welcome(message) {
      clearTimeout(bannerTimer);
      bannerTimer = 0;
      $("banner").hidden = true;
      user = message.user;
      $("who-name").textContent = user.name;
      ahead = Date.parse(message.now) - Date.now();
      if (game) ask();
      else attempt(null, lobby);
    },
    message: take,
    loggedOut,
  });
}
let bannerTimer = 0;

function loggedOut() {
  connection?.close();
  connection = user = game = wishes = null;
  clearTimeout(bannerTimer);
  bannerTimer = 0;
  $("banner").hidden = true;
  show("welcome");
}

// Lobby ---------------------------------------------------------------------------------------------------------------

function summary(one) {
  const names = [one.players.white, one.players.black].filter((player) => player && player.id !== user?.id);
  const length = one.matchLength === 0 ? "money game" : counted(one.matchLength);
  return `${names.map((player) => player.name).join(" – ") || "Waiting"} · ${length}`;
}

function list(id, games, word, work) {
  $(id).hidden = games.length === 0;
  $(id).querySelector("ul").replaceChildren(...games.map((one) => {
    const item = element("li", "");
    const play = button(word, () => work(one));
    play.setAttribute("aria-label", `${word}: ${summary(one)}`);
    item.append(element("span", summary(one)), play);
    return item;
  }));
}

/** Asks for a place in the queue, or for the one that we have anew. */
async function wait(wanted) {
  wishes = wanted;
  asked = Date.now();
  return session.ask("POST", "/api/queue", wanted);
}

/** Our place in the queue, renewed in time. A page that was asleep for longer asks anew for what it was waiting for. */
async function place() {
  const slept = Date.now() - heard > renewal;
  let found = await session.ask("GET", "/api/queue");
  heard = Date.now();
  const due = found.status === "waiting" ? heard - asked > renewal : found.status === "idle" && wishes && slept;
  if (due) found = await wait(wishes ?? { matchLength: found.matchLength, clock: found.clock });
  return found;
}

async function leaders() {
  if (Date.now() < leadersDue) return;
  leadersDue = Date.now() + renewal;
  const { players } = await session.ask("GET", "/api/leaderboard?limit=10");
  $("leaders").hidden = players.length === 0;
  $("leaders").querySelector("tbody").replaceChildren(...players.map((one) => {
    const row = element("tr", "", { className: one.id === user?.id ? "own" : "" });
    row.append(...[one.rank, one.name, Math.round(one.rating)].map((text) => element("td", String(text))));
    return row;
  }));
}

async function lobby() {
  if (!user || game || $("lobby").hidden) return;
  const [mine, open, found] = await Promise.all([
    session.ask("GET", "/api/games?player=me&limit=100"), session.ask("GET", "/api/games?status=waiting"),
    place(), leaders(),
  ]);
  if (game) return;
  if (found.status === "matched" && wishes) return matched(found.game);
  if (found.status !== "waiting") wishes = null;
  $("waiting").hidden = !wishes;
  $("wishes").hidden = !!wishes;
  // Drawn anew only when something changed, so that the focus stays where it is.
  const seen = JSON.stringify([mine.games, open.games]);
  if ($("lobby").dataset.seen === seen) return;
  $("lobby").dataset.seen = seen;
  list("mine", mine.games.filter((one) => one.status !== "finished"), "Play", (one) => { location.hash = one.id; });
  list("open", open.games.filter((one) => one.players.white.id !== user.id), "Sit down", join);
}

async function join(one) {
  await session.ask("POST", `/api/games/${one.id}/join`, {});
  location.hash = one.id;
}

function matched(id) {
  wishes = null;
  session.ask("DELETE", "/api/queue").catch(() => {});
  location.hash = id;
}

// Game ----------------------------------------------------------------------------------------------------------------

function take(message) {
  if (message.type === "matched") {
    if (wishes) matched(message.game);
    return;
  }
  if (!game || (message.game !== undefined && message.game !== game.id)) return;
  if (message.now) ahead = Date.parse(message.now) - Date.now();
  switch (message.type) {
    case "event":
      if (message.seq <= game.told) return;
      game.told = message.seq;
      game.news.push(message);
      if (message.state) settle(message.state);
      break;
    case "state":
      game.told = message.seq;
      settle(message.state);
      break;
    case "plays":
      if (message.seq !== game.state?.seq) return;
      game.plays = message.plays;
      render();
      break;
    case "ack":
      render();
      break;
    case "error":
      if (message.code === "not_found") {
        history.replaceState(null, "", "/");
        game = null;
        route();
        return trouble(message.detail);
      }
      // What we answered to has passed; the state shows what is now.
      if (message.code !== "stale_seq") trouble(message.detail);
      if (message.retry) setTimeout(ask, message.retryAfterMs ?? 1000);
      else if (game.sent) ask();
      Object.assign(game, { steps: [], sent: false });
      if (game.state) render();
  }
}

/** Asks for the open game from where we know it. */
function ask() {
  if (game) connection?.tell("resume", { game: game.id, ...(game.state && { after: game.told }) });
}

function settle(state) {
  const moved = game.state?.seq !== state.seq;
  game.state = state;
  if (moved) {
    Object.assign(game, { plays: null, steps: [], chosen: null, sent: false });
    trouble();
  }
  if (state.phase === "move" && state.turn === side() && !game.plays) connection.tell("plays", { game: game.id });
  show("game");
  render();
}

function command(type, fields = {}) {
  game.sent = true;
  connection.command(type, { game: game.id, seq: game.state.seq, ...fields });
  render();
}

const key = (steps) => steps.map(String).sort().join(" ");

/** What is left of each legal play in which the steps made so far occur. */
function remaining() {
  const rests = [];
  for (const play of game.plays ?? []) {
    const rest = play.map(String);
    if (game.steps.every((step) => {
      const at = rest.indexOf(String(step));
      return at >= 0 && rest.splice(at, 1).length === 1;
    })) rests.push(rest.map((step) => step.split(",").map(Number)));
  }
  return rests;
}

/** Every way on from here: from a point, to a point, through one step or several of the same checker. */
function ways(view) {
  const found = new Map();
  const follow = (from, at, rest, path) => {
    rest.forEach((step, i) => {
      if (step[0] !== at) return;
      const whole = [...path, step];
      const to = found.get(from) ?? found.set(from, new Map()).get(from);
      if (!to.has(step[1]) || to.get(step[1]).length > whole.length) to.set(step[1], whole);
      if (step[1] > 0) follow(from, step[1], rest.filter((_, other) => other !== i), whole);
    });
  };
  for (const rest of remaining()) {
    for (const from of new Set(rest.map((step) => step[0]))) {
      const enters = view.mine[25] > 0 && from !== 25;
      if (view.mine[from] > 0 && !enters) follow(from, from, rest, []);
    }
  }
  return found;
}

function render() {
  const state = game.state;
  const mine = side();
  const bottom = mine ?? "white";
  const top = opposite[bottom];
  const playing = state.phase === "move" && state.turn === mine && !game.sent;
  players(bottom, top);
  $("board").hidden = !state.board;
  let from = new Map();
  if (state.board) {
    let view = seenBy(bottom, state.board);
    for (const step of game.steps) view = after(view, step);
    if (playing) from = ways(view);
    if (!from.has(game.chosen)) game.chosen = from.size === 1 ? [...from.keys()][0] : null;
    draw($("board"), view, {
      side: bottom, chosen: game.chosen, dice: dice(state, mine), cube: state.matchLength === 1 ? null : {
        value: state.cube.value,
        owner: state.cube.owner && (state.cube.owner === bottom ? "mine" : "theirs"),
      },
      names: mine ? { mine: "yours", theirs: "theirs" } : { mine: "white", theirs: "black" },
      moved: landed(bottom), sources: new Set(from.keys()), targets: new Set(game.chosen === null ? [] : from.get(game.chosen).keys()),
      choose(point) {
        const way = game.chosen === null ? undefined : from.get(game.chosen).get(point);
        if (way) {
          game.steps.push(...way);
          game.chosen = null;
        } else {
          game.chosen = game.chosen === point ? null : point;
        }
        render();
      },
    });
  }
  say(state, mine);
  actions(state, mine, playing, from.size > 0);
  const over = state.status === "finished";
  $("news").classList.toggle("over", over);
  $("back").hidden = over;
  $("resign").hidden = state.status !== "playing" || !mine;
  $("about").textContent = [
    state.matchLength === 0 ? "Money game" : `${state.matchLength}-point match`, state.crawford ? "Crawford" : "",
  ].filter(Boolean).join(" · ");
}

/** Where the opponent's last move has ended, so that nobody has to search for it. */
function landed(bottom) {
  const last = game.news.findLast(({ event }) => event === "moved" || event === "started");
  const points = new Set();
  if (last?.event !== "moved" || last.player === bottom) return points;
  for (const [from, to] of last.moves) {
    points.delete(25 - from);
    if (to > 0) points.add(25 - to);
  }
  return points;
}

function dice(state, mine) {
  if (!state.dice) return null;
  const [a, b] = state.dice;
  const values = a === b ? [a, a, a, a] : [a, b];
  const own = state.turn === (mine ?? "white");
  const used = values.map(() => false);
  for (const [from, to] of own ? game.steps : []) {
    // Bearing off may use a larger die than the distance.
    let at = values.findIndex((value, i) => !used[i] && value === from - to);
    if (at < 0) at = values.findIndex((value, i) => !used[i] && value > from - to);
    if (at >= 0) used[at] = true;
  }
  return { values, own, used };
}

function players(bottom, top) {
  for (const [id, colour] of [["them", top], ["me", bottom]]) {
    const state = game.state;
    const player = state.players[colour];
    const checker = element("i", "", { className: colour });
    checker.setAttribute("aria-hidden", true);
    const parts = [checker, element("b", player?.name ?? "Nobody yet")];
    if (state.matchLength > 1) {
      parts.push(element("span", String(state.score[colour]), { className: "score", title: "Score" }));
    }
    if (state.board) parts.push(element("span", `${state.board.pips[colour]} pip${state.board.pips[colour] === 1 ? "" : "s"}`, { className: "pips" }));
    if (state.clock) parts.push(element("span", "", { className: "clock", id: "clock-" + colour, role: "timer", title: "Time left" }));
    $(id).replaceChildren(...parts);
    $(id).classList.toggle("turn", state.turn === colour);
  }
  tick();
}

/** Shows the clocks: the reserve, and of who has to act also what is left of the time that costs nothing. */
function tick() {
  const clock = game?.state?.clock;
  for (const colour of clock ? ["white", "black"] : []) {
    const place = $("clock-" + colour);
    if (!place) continue;
    const running = clock.running === colour;
    const until = running ? Date.parse(clock.deadline) - Date.now() - ahead : clock.leftMs[colour];
    const seconds = Math.ceil(Math.max(0, Math.min(clock.leftMs[colour], until)) / 1000);
    const free = Math.ceil((until - clock.leftMs[colour]) / 1000);
    place.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` + (free > 0 ? ` +${free}` : "");
    place.classList.toggle("running", running);
    place.classList.toggle("low", running && free <= 0 && seconds <= 20);
  }
}

/** The line under the board, which is also read aloud: what happened since we last acted, and who is next. */
function say(state, mine) {
  const finished = state.status === "finished";
  const ends = state.matchLength === 1 ? ["match_over"] : ["game_over", "match_over"];
  const recent = game.news.slice(-2).filter(({ event }) => !finished || ends.includes(event)).map(told);
  if (state.status === "waiting") recent.push("Waiting for an opponent. Anyone can join at this page's address.");
  if (finished && !recent.some(Boolean)) {
    if (!state.matchLength && state.lastGame) recent.push(told({ event: "game_over", ...state.lastGame }));
    recent.push(told({ event: "match_over", ...state.result }));
  }
  if (finished && state.matchLength > 1 && state.result.reason === "points") {
    recent.push(`Final score ${state.score.white} to ${state.score.black}.`);
  }
  if (state.turn) {
    const task = {
      roll: "roll", move: "move", double: "answer the double", resignation: "answer the resignation",
    }[state.phase];
    recent.push(state.turn === mine ? `Your turn: ${task}.` : `Waiting for ${called(state.turn)} to ${task}.`);
  }
  // Who looks at another page sees it there.
  document.title = state.turn && state.turn === mine ? "Your turn · GammonGuru" : "GammonGuru";
  const text = recent.filter(Boolean).join(" ");
  if ($("news").textContent !== text) $("news").textContent = text;
}

function actions(state, mine, playing, more) {
  const made = [];
  const may = (name) => state.turn === mine && !game.sent && state.actions?.includes(name);
  const add = (name, text, main) => may(name) && made.push(button(text, () => command(name), main));
  if (playing) {
    if (game.plays && !more && game.plays.length) {
      made.push(button("Done", () => {
        const whole = game.plays.find((play) => key(play) === key(game.steps));
        command("move", { moves: whole });
      }, true));
    }
    if (game.steps.length) {
      made.push(button("Undo", () => {
        game.steps.pop();
        game.chosen = null;
        render();
      }));
    }
  }
  add("roll", "Roll", true);
  // A match of one point is won with any game: there is no cube to be seen.
  if (state.matchLength !== 1) add("double", `Double to ${(state.cube?.value ?? 1) * 2}`);
  add("take", "Take", true);
  add("drop", "Drop");
  add("beaver", "Beaver");
  add("accept", "Accept", true);
  add("reject", "Decline");
  if (state.status === "waiting" && mine) {
    made.push(button("Take the table back", async () => {
      await session.ask("DELETE", `/api/games/${game.id}`);
      location.hash = "";
    }));
  } else if (state.status === "waiting") {
    made.push(button("Sit down", () => join(game), true));
  }
  if (state.status === "finished") made.push(button("All games", () => { location.hash = ""; }, true));
  const shown = (list) => list.map((one) => one.textContent).join();
  if (shown([...$("actions").children]) === shown(made) && $("actions").dataset.seq === String(state.seq)) return;
  $("actions").dataset.seq = state.seq;
  const had = $("actions").contains(document.activeElement) || document.activeElement === document.body;
  $("actions").replaceChildren(...made);
  // Who plays by keyboard goes on where it matters: the button, or the first checker that may move.
  const done = made[0]?.textContent === "Done";
  if (had || done) (made[0] ?? $("board").querySelector("[role=button]"))?.focus({ preventScroll: true });
}

// Wiring --------------------------------------------------------------------------------------------------------------

$("account").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  attempt(event.submitter, async () => {
    await session.enter(event.submitter.value, form.elements.name.value.trim(), form.elements.password.value);
    form.reset();
    route();
  });
});

$("wishes").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const wanted = { matchLength: Number(form.matchLength.value) };
  const [reserveSeconds, delaySeconds] = form.clock.value.split("/").map(Number);
  if (reserveSeconds) wanted.clock = { reserveSeconds, delaySeconds };
  attempt(event.submitter, async () => {
    if (event.submitter.value === "create") {
      location.hash = (await session.ask("POST", "/api/games", { clientId: newId(), ...wanted })).id;
    } else {
      const found = await wait(wanted);
      if (found.status === "matched") matched(found.game);
      else await lobby();
    }
  });
});

$("leave-queue").addEventListener("click", (event) => attempt(event.target, async () => {
  wishes = null;
  await session.ask("DELETE", "/api/queue");
  await lobby();
}));

$("log-out").addEventListener("click", async () => {
  await session.leave();
  loggedOut();
});

$("back").addEventListener("click", () => { location.hash = ""; });
$("resign").addEventListener("click", () => {
  $("resigning").returnValue = "";
  $("resigning").showModal();
});
$("resigning").addEventListener("close", () => {
  const value = $("resigning").returnValue;
  if (value === "match") {
    attempt(null, () => session.ask("POST", `/api/games/${game.id}/resign`, { clientId: newId() }));
  } else if (value) {
    command("resign", { value: Number(value) });
  }
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && game?.chosen != null) {
    game.chosen = null;
    render();
  }
});
addEventListener("hashchange", route);
setInterval(tick, 500);
setInterval(() => { lobby().catch(() => {}); }, 3000);
route();
