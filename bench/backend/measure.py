"""The measurement behind bench/backend.sh.

usage: measure.py TOOLS GAMMONGURU ROUNDS

TOOLS holds what was prepared: `peer`, `sockets` (Go), `node/` (Debian's pg), `venv/`. Servers take turns within each round, so that the
ratios hold whatever else this machine does.
"""

import contextlib
import json
import os
import re
import resource
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
TOOLS, GAMMONGURU, ROUNDS = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
POSTGRES = "/usr/lib/postgresql/15/bin"
CONNECTIONS, SECONDS, IDLE, ECHOERS = 32, 5, 10_000, 100


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until_open(port, process, limit=30):
    deadline = time.monotonic() + limit
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"error: {process.args[0]} does not listen; its output is above")
        time.sleep(0.0005)


class Program:
    """A program that serves on `port` until the block ends."""

    def __init__(self, command, port, environment=None):
        self.command, self.port, self.environment = command, port, {**os.environ, **(environment or {})}

    def __enter__(self):
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [str(word) for word in self.command], env=self.environment, stdout=subprocess.DEVNULL)
        try:
            wait_until_open(self.port, self.process)
        except BaseException:
            self.__exit__()
            raise
        self.started = time.monotonic() - self.began
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def cpu(self):
        """Seconds, those of its child included: nginx serves in one."""
        own = self.process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        threads = [thread for pid in [own, *children] for thread in Path(f"/proc/{pid}/task").iterdir()]
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    @property
    def resident(self):
        """kB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


@contextlib.contextmanager
def database(folder):
    """A PostgreSQL of its own; gives its URL."""
    port, data = free_port(), folder / "data"
    data.mkdir(mode=0o700)
    as_user = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root.
        folder.chmod(0o755)
        shutil.chown(data, "postgres", "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    subprocess.run(
        as_user + [f"{POSTGRES}/initdb", "-D", data, "-U", "bench", "-A", "trust", "--no-sync", "--locale=C"],
        check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen(
        as_user + [f"{POSTGRES}/postgres", "-D", data, "-p", str(port), "-k", "", "-h", "127.0.0.1"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ready = [f"{POSTGRES}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
        deadline = time.monotonic() + 60
        while subprocess.run(ready).returncode:
            if time.monotonic() > deadline:
                sys.exit("error: PostgreSQL does not start")
            time.sleep(0.1)
        yield f"postgresql://bench@127.0.0.1:{port}/postgres?sslmode=disable"
    finally:
        server.send_signal(2)  # a fast shutdown
        server.wait(60)


def gammonguru(url):
    port = free_port()
    settings = {
        "PORT": str(port), "DATABASE_URL": url, "NODE_ENV": "test", "TRUSTED_PROXIES": "127.0.0.1",
        "ACCESS_TOKEN_SECRET": secrets.token_hex(32), "REFRESH_TOKEN_SECRET": secrets.token_hex(32),
        "SUPABASE_URL": "http://localhost:1", "SUPABASE_SERVICE_KEY": "none",
    }
    return Program([GAMMONGURU], port, settings)


def nginx(folder):
    port = free_port()
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr;\n"
        "events { worker_connections 1024; }\n"
        "http { access_log off; server { listen 127.0.0.1:%d; location / { return 200 '%s'; } } }\n"
        % (port, '{"status":"pass","app":"ok","db":"ok"}'))
    return Program(["nginx", "-c", folder / "nginx.conf"], port)


def wait_until_well(port):
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).read()
        if time.monotonic() > deadline:
            sys.exit("error: a server is not well after a minute")
        time.sleep(0.1)


def ask(program, path, script):
    """Requests a second, their 99th percentile in ms, and the server's µs of CPU for each: the only one of the three that
    a busy machine does not change much."""
    cpu = program.cpu
    text = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-s", script,
         f"http://127.0.0.1:{program.port}{path}"], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text:
        sys.exit(f"error: not all was answered well:\n{text}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
            float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit],
            (program.cpu - cpu) * 1e6 / int(re.search(r"(\d+) requests in", text).group(1)))


def table(head, rows):
    print("\n| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    sys.stdout.flush()


def health(ours, peers, script):
    results = {}
    for _ in range(ROUNDS):
        for name, program in [("gammonguru", ours), *peers.items()]:
            for path in ["/health/internal", "/health"]:
                if name != "nginx, static" or path == "/health":
                    results.setdefault((name, path), []).append(ask(program, path, script))
    middle = {key: [statistics.median(column) for column in zip(*runs)] for key, runs in results.items()}
    for path in ["/health/internal", "/health"]:
        mine = middle["gammonguru", path][0]
        rows = []
        for name in ["gammonguru", *peers]:
            rate, late, cpu = middle[name, path if (name, path) in middle else "/health"]
            rows.append([name, f"{rate:.0f}", f"{late:.2f}", f"{mine / rate:.2f}", f"{cpu:.1f}"])
        table([f"{path}, {CONNECTIONS} connections", "requests/s", "p99, ms", "gammonguru is so many times as fast",
               "CPU of the server, µs each"], rows)


def token(port):
    body = json.dumps({"name": "bench", "password": secrets.token_hex(12)}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/register", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["accessToken"]


def crowd(port, path, count, seconds, first, message):
    return subprocess.Popen(
        [TOOLS / "sockets", str(port), path, str(count), str(seconds), first, message],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def sockets(name, program, path, first, message):
    """Messages a second, their 99th percentile in ms, and kB of the server for each idle connection."""
    rates = []
    for _ in range(ROUNDS):
        output = crowd(program.port, path, ECHOERS, SECONDS, first, message).communicate(timeout=300)[0].split()
        if len(output) != 3:
            sys.exit(f"error: {name} does not answer all messages")
        rates.append((float(output[1]), float(output[2])))
    time.sleep(1)
    before = program.resident
    idle = crowd(program.port, path, IDLE, 0, first, message)
    if idle.stdout.readline().strip() != "open":
        sys.exit(f"error: {name} does not keep {IDLE} connections")
    time.sleep(2)
    each = (program.resident - before) / IDLE
    idle.communicate(timeout=300)
    return [*(statistics.median(column) for column in zip(*rates)), each]


def starts(url):
    """Seconds from the start of the process to the first connection, those of CPU in them, and kB at rest."""
    times, costs = [], []
    for _ in range(11):
        with gammonguru(url) as program:
            times.append(program.started)
            costs.append(program.cpu)
    with gammonguru(url) as program:
        wait_until_well(program.port)
        time.sleep(6)
        return times, costs, program.resident


def main():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        script = HERE / "crowd.lua"
        url = stack.enter_context(database(folder))
        with gammonguru(url) as program:
            wait_until_well(program.port)
            go, node = free_port(), free_port()
            with Program([TOOLS / "peer", go, url], go) as go, \
                    Program(["node", HERE / "peer.js", node, url], node,
                            {"NODE_PATH": f"{TOOLS}/node/usr/share/nodejs"}) as node, nginx(folder) as static:
                wait_until_well(go.port)
                wait_until_well(node.port)
                health(program, {"Go": go, "Node": node, "nginx, static": static}, script)
        results = {}
        with gammonguru(url) as program:
            wait_until_well(program.port)
            first = json.dumps({"type": "hello", "id": "a", "token": token(program.port)})
            ping = json.dumps({"type": "ping", "id": "1234567890"})
            results["gammonguru (its ping, JSON)"] = sockets("gammonguru", program, "/ws", first, ping)
        for library in ["websockets", "picows"]:
            port = free_port()
            with Program([TOOLS / "venv/bin/python", HERE / "peer_sockets.py", library, port], port) as program:
                results[f"{library} (echo)"] = sockets(library, program, "/", "", ping)
        table([f"WebSocket, {ECHOERS} connections at once, {IDLE} idle", "messages/s", "p99, ms", "kB each when idle"],
              [[name, f"{rate:.0f}", f"{late:.2f}", f"{each:.2f}"] for name, (rate, late, each) in results.items()])
        times, costs, rest = starts(url)
        table(["gammonguru", "median", "worst"],
              [["start of the process to listening, ms",
                f"{statistics.median(times) * 1000:.1f}", f"{max(times) * 1000:.1f}"],
               ["CPU in it, ms", f"{statistics.median(costs) * 1000:.1f}", f"{max(costs) * 1000:.1f}"],
               ["resident at rest, MB", f"{rest / 1000:.1f}", ""]])


main()
