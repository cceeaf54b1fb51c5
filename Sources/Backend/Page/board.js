// The board as a picture that can be played: SVG, seen by the player at the bottom, points numbered as he counts them.

const svg = "http://www.w3.org/2000/svg";
const column = 60;
const left = 64;
const tray = left + 13 * column + 12;
/** Room for the numbers of the points, above and below. */
const rim = 24;
const size = { width: tray + 72, height: 680 };
const half = size.height / 2;

/**
 * The board as one player sees it: `mine` and `theirs` hold checkers by his own numbers, 1 to 24, his bar at 25 and
 * what is off at 0. Theirs on the bar are at 25 too, theirs off at 0.
 */
export function seenBy(side, board) {
  const other = side === "white" ? "black" : "white";
  const mine = new Array(26).fill(0);
  const theirs = new Array(26).fill(0);
  board.points.forEach((count, index) => {
    const point = side === "white" ? index + 1 : 24 - index;
    const own = side === "white" ? count : -count;
    if (own > 0) mine[point] = own;
    if (own < 0) theirs[point] = -own;
  });
  mine[25] = board.bar[side];
  mine[0] = board.off[side];
  theirs[25] = board.bar[other];
  theirs[0] = board.off[other];
  return { mine, theirs };
}

/** The view after one step of the player, a hit included. */
export function after(view, [from, to]) {
  const mine = [...view.mine];
  const theirs = [...view.theirs];
  mine[from] -= 1;
  mine[to] += 1;
  if (to > 0 && theirs[to] > 0) {
    theirs[to] -= 1;
    theirs[25] += 1;
  }
  return { mine, theirs };
}

function make(name, attributes, ...children) {
  const element = document.createElementNS(svg, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function middle(point) {
  if (point === 25) return left + 6.5 * column;
  const fromLeft = point > 12 ? point - 13 : 12 - point;
  return left + (fromLeft + (fromLeft > 5 ? 1 : 0) + 0.5) * column;
}

function checkers(count, owner, x, y, step) {
  const shown = Math.min(count, 5);
  const stack = [];
  for (let i = 0; i < shown; i++) {
    stack.push(make("circle", { class: "checker " + owner, cx: x, cy: y + i * step, r: 26 }));
  }
  if (count > shown) {
    stack.push(make("text", { class: "count " + owner, x, y: y + (shown - 1) * step + 8 }, String(count)));
  }
  return stack;
}

function slab(count, owner, x, y, step) {
  return Array.from({ length: count }, (_, i) =>
    make("rect", { class: "checker " + owner, x, y: y + i * step, width: 48, height: 14, rx: 4 }));
}

const spots = {
  1: [[0, 0]], 2: [[-1, -1], [1, 1]], 3: [[-1, -1], [0, 0], [1, 1]], 4: [[-1, -1], [1, -1], [-1, 1], [1, 1]],
  5: [[-1, -1], [1, -1], [0, 0], [-1, 1], [1, 1]], 6: [[-1, -1], [1, -1], [-1, 0], [1, 0], [-1, 1], [1, 1]],
};

function die(value, x, owner, used) {
  return make("g", { class: `die ${owner}${used ? " used" : ""}`, transform: `translate(${x} ${half})` },
    make("rect", { x: -25, y: -25, width: 50, height: 50, rx: 10 }),
    ...spots[value].map(([dx, dy]) => make("circle", { cx: dx * 13, cy: dy * 13, r: 5 })));
}

function described(point, view, names) {
  const where = point === 25 ? "Bar" : point === 0 ? "Off" : `Point ${point}`;
  const parts = [];
  if (view.mine[point]) parts.push(`${view.mine[point]} ${names.mine}`);
  if (view.theirs[point] && (point > 0 || !view.mine[point])) parts.push(`${view.theirs[point]} ${names.theirs}`);
  return `${where}: ${parts.join(", ") || "empty"}`;
}

/**
 * Draws `view` into `place`.
 *
 * @param scene `side` (colour at the bottom), `names` (`mine`, `theirs`), `dice` (`values`, `own`, `used`: how many are
 * played), `cube` (`value`, `owner`: "mine", "theirs" or null), `sources` and `targets` (points that may be chosen),
 * `chosen` (the source that is), `moved` (points where the opponent's last move has ended), `choose(point)`
 */
export function draw(place, view, scene) {
  const colours = scene.side === "white" ? ["white", "black"] : ["black", "white"];
  const focused = document.activeElement?.closest?.("[data-point]")?.dataset.point;
  // Without a cube there is no place for it, and everything is larger on a phone.
  const edge = scene.cube ? 0 : left - 14;
  const parts = [
    make("rect", { class: "frame", x: edge, y: 0, width: size.width - edge, height: size.height, rx: 18 }),
    make("rect", { class: "field", x: left, y: rim, width: 6 * column, height: size.height - 2 * rim, rx: 6 }),
    make("rect", { class: "field", x: left + 7 * column, y: rim, width: 6 * column, height: size.height - 2 * rim, rx: 6 }),
    make("rect", { class: "field", x: tray, y: rim, width: 60, height: 300, rx: 6 }),
    make("rect", { class: "field", x: tray, y: size.height - rim - 300, width: 60, height: 300, rx: 6 }),
  ];
  for (const point of [25, ...Array.from({ length: 24 }, (_, i) => 24 - i), 0]) {
    parts.push(spot(point, view, scene, colours));
  }
  if (scene.cube) parts.push(cube(scene.cube));
  const dice = scene.dice;
  dice?.values.forEach((value, i) => {
    const centre = left + (dice.own ? 10 : 3) * column;
    const x = centre + (i - (dice.values.length - 1) / 2) * 62;
    parts.push(die(value, x, colours[dice.own ? 0 : 1], dice.used[i]));
  });
  place.replaceChildren(make("svg", {
    viewBox: `${edge} 0 ${size.width - edge} ${size.height}`, role: "group", "aria-label": "Board",
  }, ...parts));
  if (focused !== undefined) {
    const [next] = scene.targets.size ? scene.targets : scene.sources;
    const same = place.querySelector(`[data-point="${focused}"][role=button]`);
    (same ?? place.querySelector(`[data-point="${next}"][role=button]`))?.focus();
  }
}

function spot(point, view, scene, colours) {
  const top = point > 12 && point < 25;
  const x = point === 0 ? tray + 30 : middle(point);
  const parts = [];
  if (point === 0) {
    parts.push(make("rect", { class: "reach", x: tray, y: size.height - rim - 300, width: 60, height: 300, rx: 6 }));
    parts.push(...slab(view.mine[0], colours[0], tray + 6, size.height - rim - 18, -19));
    parts.push(...slab(view.theirs[0], colours[1], tray + 6, rim + 4, 19));
  } else if (point === 25) {
    parts.push(make("rect", { class: "reach", x: x - 28, y: half, width: 56, height: half - rim + 6, rx: 6 }));
    parts.push(...checkers(view.mine[25], colours[0], x, half + 60, 54));
    parts.push(...checkers(view.theirs[25], colours[1], x, half - 60, -54));
  } else {
    const edge = top ? rim : size.height - rim;
    const tip = top ? rim + 272 : size.height - rim - 272;
    const first = top ? rim + 28 : size.height - rim - 28;
    parts.push(make("path", {
      class: point % 2 ? "odd" : "even", d: `M${x - 29} ${edge}L${x} ${tip}L${x + 29} ${edge}Z`,
    }));
    parts.push(make("rect", { class: "reach", x: x - 29, y: top ? rim : half + 20, width: 58, height: 296, rx: 6 }));
    const own = view.mine[point] > 0;
    parts.push(...checkers(
      own ? view.mine[point] : view.theirs[point], colours[own ? 0 : 1], x, first,
      top ? 54 : -54));
    if (scene.moved.has(point) && view.theirs[point]) {
      const above = Math.min(view.theirs[point], 5) - 1;
      const y = top ? first + above * 54 : first - above * 54;
      parts.push(make("circle", { class: "mark", cx: x, cy: y, r: 20 }));
    }
    parts.push(make("text", { class: "number", x, y: top ? rim - 7 : size.height - 7 }, String(point)));
  }
  const chosen = scene.chosen === point;
  const may = scene.targets.has(point) ? "target" : scene.sources.has(point) ? "source" : "";
  const group = make("g", { "data-point": point, class: `spot ${may}${chosen ? " chosen" : ""}` }, ...parts);
  const label = described(point, view, scene.names);
  if (may || chosen) {
    group.setAttribute("role", "button");
    group.setAttribute("tabindex", 0);
    group.setAttribute("aria-pressed", chosen);
    group.setAttribute("aria-label", label + (may === "target" ? ". Move here" : chosen ? ". Chosen" : ". Move from"));
    group.addEventListener("click", () => scene.choose(point));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      scene.choose(point);
    });
  } else {
    group.setAttribute("role", "img");
    group.setAttribute("aria-label", label);
  }
  return group;
}

function cube({ value, owner }) {
  const y = owner === "mine" ? size.height - rim - 36 : owner === "theirs" ? rim + 36 : half;
  const whose = owner === "mine" ? "yours" : owner === "theirs" ? "your opponent's" : "in the middle";
  return make("g", { class: "cube", role: "img", "aria-label": `Doubling cube ${value}, ${whose}` },
    make("rect", { x: 9, y: y - 23, width: 46, height: 46, rx: 8 }),
    make("text", { x: 32, y: y + 8 }, String(value === 1 ? 64 : value)));
}
