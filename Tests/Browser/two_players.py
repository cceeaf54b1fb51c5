#!/usr/bin/env python3
"""Two people play a game in two browsers, and the backend is killed in the middle of it.

usage: two_players.py PROGRAM [PICTURES]

PROGRAM is the gammonguru binary; it gets a PostgreSQL of its own (Debian's 15) for the time of the test. Each browser does
what a person would: looks at what the page offers and takes it, one with a mouse, one with the keyboard of a phone-sized
window. The first turn of the keyboard is played with nothing but Tab and Enter, and a double is taken. In the middle of the
game the program is killed (SIGKILL) and started again. Then both must find themselves where they were, without a reload, and
play to the end. A second match is given up at once and stands in the leaderboard. Ends with 0 when all of it held, and says
what did not otherwise. With PICTURES the screens are kept there.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from playwright.sync_api import sync_playwright

# Generous: this runs beside other work. A game takes about half a minute on a quiet machine.
GAME_LIMIT = 240
STEP_LIMIT = 60


class Failure(Exception):
    """What did not hold."""


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Database:
    """A PostgreSQL that is gone after the test."""

    PROGRAMS = "/usr/lib/postgresql/15/bin"

    def __init__(self):
        # PostgreSQL does not run as root.
        self.user = "postgres" if os.getuid() == 0 else None
        self.folder = tempfile.TemporaryDirectory(prefix="gammonguru-browser-", ignore_cleanup_errors=True)
        if self.user:
            shutil.chown(self.folder.name, self.user)
        data = f"{self.folder.name}/data"
        subprocess.run(
            [f"{self.PROGRAMS}/initdb", "-D", data, "-U", "tester", "-A", "trust", "--no-sync"],
            user=self.user, cwd="/", stdout=subprocess.DEVNULL, check=True)
        port = free_port()
        self.process = subprocess.Popen(
            [f"{self.PROGRAMS}/postgres", "-D", data, "-p", str(port), "-k", self.folder.name,
             "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
            user=self.user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"postgres://tester@127.0.0.1:{port}/postgres"

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(STEP_LIMIT)
        self.folder.cleanup()


class Backend:
    """The program, on a port of its own that stays the same when it is started anew."""

    def __init__(self, program, database):
        self.port = free_port()
        self.program = program
        self.environment = {
            "PATH": os.environ["PATH"], "NODE_ENV": "development", "PORT": str(self.port), "DATABASE_URL": database,
            "ACCESS_TOKEN_SECRET": "access-secret-of-the-browser-test-0", "SUPABASE_URL": "https://x.supabase.co",
            "REFRESH_TOKEN_SECRET": "refresh-secret-of-the-browser-test", "SUPABASE_SERVICE_KEY": "none-of-this-test",
        }
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = tempfile.TemporaryFile()
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.program, "serve"], env=self.environment, stdout=self.log, stderr=self.log)
        until = time.monotonic() + STEP_LIMIT
        while time.monotonic() < until:
            try:
                self.get("/health/internal")
                return
            except OSError:
                time.sleep(0.05)
        raise Failure("the backend is not healthy")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def last_lines(self):
        self.log.seek(0)
        return b"".join(self.log.readlines()[-20:]).decode(errors="replace")

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return json.load(answer)


class Player:
    """One browser, and a person who plays fast: checkers run home, and hit nobody if it can be helped."""

    def __init__(self, browser, backend, name, uses_keyboard, **window):
        self.name = name
        self.uses_keyboard = uses_keyboard
        self.faults = []
        self.only_tabs = uses_keyboard
        self.doubles = not uses_keyboard
        self.page = browser.new_context(**window).new_page()
        self.page.set_default_timeout(STEP_LIMIT * 1000)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.goto(backend.url)
        # What a screen reader reads out: each text that the live region comes to hold.
        self.page.evaluate("""() => {
            window.said = [];
            const region = document.querySelector("#news[aria-live=polite]");
            new MutationObserver(() => said.push(region.textContent)).observe(region, { childList: true });
        }""")

    def register(self):
        self.page.get_by_label("Name").fill(self.name)
        self.page.get_by_label("Password").fill("correct horse")
        self.page.get_by_role("button", name="Register").click()
        self.page.get_by_role("button", name="Find an opponent").wait_for()

    def wish(self, match, clock, button):
        self.page.get_by_label("Match").select_option(label=match)
        self.page.get_by_label("Clock").select_option(label=clock)
        self.page.get_by_role("button", name=button).click()

    # What nobody could use: controls without a name, and what does not fit the width of the window.
    UNUSABLE = """() => {
        const seen = [...document.querySelectorAll("button, input, select, a, [role=button], [role=img]")]
            .filter((one) => one.checkVisibility());
        const nameless = seen.filter((one) => !(one.getAttribute("aria-label") || one.textContent.trim()
            || one.labels?.[0]?.textContent.trim()));
        const root = document.documentElement;
        const wide = root.scrollWidth > root.clientWidth ? [`${root.scrollWidth} of ${root.clientWidth} px wide`] : [];
        return nameless.map((one) => one.outerHTML).concat(wide);
    }"""

    def check(self, place):
        unusable = self.page.evaluate(self.UNUSABLE)
        if unusable:
            raise Failure(f"{place}: {self.name} can't use {unusable}")

    def clocks(self):
        """Of both players, in the order of names, as (text, whether it runs)."""
        return self.page.evaluate("""() => ["them", "me"].map((id) => document.getElementById(id)).map((one) => [
            one.querySelector("b").textContent, one.querySelector(".clock").textContent,
            one.querySelector(".clock").classList.contains("running"),
        ]).sort().map(([, text, running]) => [text, running])""")

    # What the page offers now, read in one go, so that it is the same moment.
    OFFERS = """() => {
        const seen = (one) => one.checkVisibility() && !one.disabled;
        const points = (kind) => [...document.querySelectorAll(`.spot.${kind}`)].map((one) => ({
            point: Number(one.dataset.point), label: one.getAttribute("aria-label"),
            chosen: one.classList.contains("chosen"),
        }));
        return {
            buttons: [...document.querySelectorAll("#actions button")].filter(seen).map((one) => one.textContent),
            sources: points("source"), targets: points("target"), news: document.getElementById("news").textContent,
        };
    }"""

    def offers(self):
        return self.page.evaluate(self.OFFERS)

    def act(self):
        """Does one thing if it is this player's turn, and says what."""
        offers = self.offers()
        if self.doubles and "Double to 2" in offers["buttons"]:
            self.doubles = False
            self.press(self.page.get_by_role("button", name="Double to 2", exact=True))
            return "double"
        for name in ("Done", "Take", "Accept", "Roll"):
            if name in offers["buttons"]:
                self.press(self.page.get_by_role("button", name=name, exact=True))
                return name
        if offers["targets"]:
            self.press_point(min(offers["targets"], key=self.haste)["point"])
            return "to"
        sources = [one["point"] for one in offers["sources"] if not one["chosen"]]
        if sources:
            self.press_point(max(sources))
            return "from"
        return None

    @staticmethod
    def haste(target):
        """A hit sends a checker back and makes the game long: last choice. Otherwise as far as possible."""
        hits = "theirs" in target["label"] and "yours" not in target["label"] and target["point"] > 0
        return (hits, target["point"])

    def press_point(self, point):
        """A mouse meets the middle of the whole strip, a keyboard the strip itself."""
        spot = self.page.locator(f".spot[data-point='{point}'][role=button]")
        self.press(spot if self.uses_keyboard else spot.locator(".reach"))

    def press(self, place):
        # What was offered may be gone by now (the game went on): then there is nothing to press, and nothing is lost.
        if self.only_tabs:
            is_move_done = place.text_content() == "Done"
            self.tab_to(place)
            self.page.keyboard.press("Enter")
            self.only_tabs = not is_move_done
        elif self.uses_keyboard:
            if place.evaluate_all("found => { found[0]?.focus(); return found.length; }"):
                self.page.keyboard.press("Enter")
        else:
            boxes = place.evaluate_all(
                "found => found.map((one) => one.getBoundingClientRect()).map((box) => "
                "[box.x + box.width / 2, box.y + box.height / 2])")
            for x, y in boxes:
                self.page.mouse.click(x, y)

    def tab_to(self, place):
        """Goes on with Tab until `place` has the focus, and can be seen to have it."""
        # The page may have put it there already, while the mouse was in use: then no browser shows it.
        self.page.keyboard.press("Shift+Tab")
        for _ in range(100):
            if place.evaluate("one => one === document.activeElement"):
                shown = place.evaluate("""one => one.matches(":focus-visible")
                    && [one, one.querySelector(".reach")].some((part) => part
                        && (getComputedStyle(part).outlineStyle !== "none" || parseFloat(getComputedStyle(part).strokeWidth) >= 3))""")
                if not shown:
                    raise Failure(f"the focus of {self.name} can't be seen")
                return
            self.page.keyboard.press("Tab")
        raise Failure(f"{self.name} can't come to {place} with Tab")

    def is_over(self):
        return self.page.locator("#news.over").count() == 1


def play(players, pictures, backend):
    """Plays to the end, with a crash in the middle. Returns how long it took until both pages had healed."""
    made, healed = 0, None
    until = time.monotonic() + GAME_LIMIT
    while not all(player.is_over() for player in players):
        if time.monotonic() > until:
            raise Failure(f"no end after {made} actions: {[player.offers() for player in players]}")
        acted = [player.act() for player in players]
        made += sum(one is not None for one in acted)
        if not any(acted):
            time.sleep(0.02)
        if "Take" in acted:
            check_cube(players)
            check_clocks(players)
            pictures("cube")
        # In the middle of a move: one checker is played, the other is not.
        if healed is None and made > 25 and "to" in acted:
            pictures("playing")
            healed = crash(players, pictures, backend)
    if healed is None:
        raise Failure("the game was over before the backend was killed")
    return made, healed


def until_true(condition, what):
    until = time.monotonic() + STEP_LIMIT
    while not condition():
        if time.monotonic() > until:
            raise Failure(what())
        time.sleep(0.05)


def check_cube(players):
    """The cube is at 2 for both, and its owner is who took it."""
    ada, bob = players
    for player, whose in ((ada, "your opponent's"), (bob, "yours")):
        cube = player.page.locator(".cube")
        until_true(
            lambda: cube.get_attribute("aria-label") == f"Doubling cube 2, {whose}",
            lambda: f"{player.name} sees: {cube.get_attribute('aria-label')}")


def check_clocks(players):
    """Both pages show both clocks, and the one of who has to act, ada, runs: free time first, then the reserve."""
    before = [player.clocks() for player in players]
    for clocks in before:
        if [running for _, running in clocks] != [True, False] or any(":" not in text for text, _ in clocks):
            raise Failure(f"the clocks show {clocks}")
    until_true(
        lambda: all("+" not in player.clocks()[0][0] for player in players),
        lambda: f"the time that costs nothing does not end: {[player.clocks() for player in players]}")
    reserve = [player.clocks()[0][0] for player in players]
    until_true(
        lambda: all(player.clocks()[0][0] < before for player, before in zip(players, reserve)),
        lambda: f"the reserve does not run: {[player.clocks() for player in players]}")
    for player, clocks in zip(players, before):
        if player.clocks()[1] != clocks[1]:
            raise Failure(f"the clock of who waits runs: {player.clocks()}, before: {clocks}")


def give_up_a_match(players, pictures):
    """Ada opens a table, bob sits down and gives the match up; both find themselves in the leaderboard."""
    ada, bob = players
    for player in players:
        player.page.locator("#actions").get_by_role("button", name="All games").click()
    ada.wish("1 point", "None", "Open a table")
    ada.page.get_by_text("Waiting for an opponent.").wait_for()
    pictures("table")
    bob.page.get_by_role("button", name="Sit down").click()
    bob.page.get_by_role("button", name="Resign…").click()
    pictures("resign")
    bob.page.get_by_role("button", name="Give up the match").click()
    for player, news in ((ada, "You win the match by resignation."), (bob, "ada wins the match by resignation.")):
        player.page.locator("#news").get_by_text(news).wait_for()
        player.page.locator("#actions").get_by_role("button", name="All games").click()
        rows = player.page.locator("#leaders tbody tr")
        rows.nth(1).wait_for()
        table = [row.split("\t") for row in rows.all_inner_texts()]
        if [row[:2] for row in table] != [["1", "ada"], ["2", "bob"]] or not int(table[0][2]) > 1500 > int(table[1][2]):
            raise Failure(f"the leaderboard of {player.name} shows {table}")
        own = player.page.locator("#leaders tr.own").inner_text().split("\t")[1]
        if own != player.name:
            raise Failure(f"the leaderboard takes {player.name} for {own}")
    pictures("leaders")


def crash(players, pictures, backend):
    backend.kill()
    for player in players:
        player.page.locator("#banner").wait_for(state="visible")
    pictures("lost")
    backend.start()
    began = time.monotonic()
    for player in players:
        player.page.locator("#banner").wait_for(state="hidden")
    return time.monotonic() - began


def check_record(backend, players):
    """The game as the server tells it: ended by points, every event once, in order, and the same end on both pages."""
    (game,) = backend.get("/api/games")["games"]
    events = backend.get(f"/api/games/{game['id']}/history?limit=500")["events"]
    if [event["seq"] for event in events] != list(range(1, game["seq"] + 1)):
        raise Failure("the history has gaps")
    turns = [event for event in events if event["event"] == "rolled"]
    for before, after in zip(turns, turns[1:]):
        if before["player"] == after["player"]:
            raise Failure(f"{after['player']} rolled twice in a row: {after}")
    if game["status"] != "finished" or game["result"]["reason"] != "points":
        raise Failure(f"it did not end by points: {game}")
    names = {side: player["name"] for side, player in game["players"].items()}
    cube = [(event["event"], names[event["player"]]) for event in events if event["event"] in ("doubled", "taken")]
    if cube[:2] != [("doubled", "ada"), ("taken", "bob")]:
        raise Failure(f"the cube was not turned: {cube}")
    winner = game["players"][game["result"]["winner"]]["name"]
    for player in players:
        news = player.offers()["news"]
        expected = "You win " if player.name == winner else f"{winner} wins "
        if not news.startswith(expected):
            raise Failure(f"{player.name} reads {news!r} and not {expected!r}")
        said = player.page.evaluate("said")
        (other,) = [one.name for one in players if one is not player]
        moves = sum(event["event"] == "moved" and names[event["player"]] == other for event in events if event["player"])
        heard = sum(f"{other} moved" in text or f"{other} could not move" in text for text in said)
        # Those that were made while the connection was away are told with the next.
        if heard < moves / 2:
            raise Failure(f"of {moves} moves of {other}, {player.name} has heard {heard}: {said}")
        if player.faults:
            raise Failure(f"the page of {player.name} has failed: {player.faults}")
    return len(events)


def main(program, folder=None):
    began = time.monotonic()
    database = Database()
    backend = None
    try:
        backend = Backend(program, database.url)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            players = [
                Player(browser, backend, "ada", False, viewport={"width": 1200, "height": 850}),
                Player(
                    browser, backend, "bob", True, viewport={"width": 360, "height": 720}, device_scale_factor=2,
                    color_scheme="dark"),
            ]

            def pictures(name):
                for player in players:
                    player.check(name)
                    if folder:
                        player.page.screenshot(path=pathlib.Path(folder) / f"{name}-{player.name}.png")

            pictures("welcome")
            for player in players:
                player.register()
            pictures("lobby")
            for player in players:
                player.wish("Money game", "3 min + 8 s", "Find an opponent")
                if player is players[0]:
                    player.page.get_by_text("Looking for an opponent").wait_for()
                    pictures("looking")
            for player in players:
                player.page.locator("#board svg").wait_for()
            made, healed = play(players, pictures, backend)
            pictures("over")
            events = check_record(backend, players)
            give_up_a_match(players, pictures)
            browser.close()
    except Exception:
        if backend:
            print(backend.last_lines(), file=sys.stderr)
        raise
    finally:
        if backend:
            backend.kill()
        database.stop()
    took = time.monotonic() - began
    print(f"two browsers played {made} actions, {events} events; both pages were back {healed:.2f} s after the")
    print(f"backend was started again; {took:.0f} s in all")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Failure as failure:
        sys.exit(f"two_players.py: {failure}")
