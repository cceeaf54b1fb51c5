"""Breaks the same project under five watchers at the same time and measures each. bench/peers.sh runs it.

Each watcher has a project of its own, made from the same compose file with the contract's healthchecks (30 s, 5 s, 3
retries) and the image with the test switches; a fault is injected into all of them at once.
"""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

ROOT, SELFHEAL, IMAGE, IDLE_SECONDS = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
FAULTS = sys.argv[5].split(",")
KNOWN = {"frozen", "503", "killed", "database-frozen"}
# How long a watcher may take: the slowest needs three looks of 30 s, their time-outs and a stop grace of 30 s.
LIMIT = 240
# How long selfheal takes to trust what has started (docs/decisions/114).
SETTLING_SECONDS = 310
FOLDER = f"/tmp/peers-{secrets.token_hex(4)}"


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(*words, env=None, check=True, timeout=300, stdin=None):
    done = subprocess.run(
        words, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        timeout=timeout, input=stdin)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)[:200]} ended with {done.returncode}: {done.stderr[-800:]}")
    return done.stdout.strip()


def free_port():
    while True:
        port = 20000 + secrets.randbelow(12000)
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) != 0:
                return port


def spawn(words, log, env=None):
    with open(log, "ab") as out:
        return subprocess.Popen(
            words, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            cwd=FOLDER, start_new_session=True)


def cpu(pid):
    """CPU seconds of a process, to the nanosecond, and of its children that it waited for, to the tick."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    total = sum(int(x) for x in fields[13:15]) / os.sysconf("SC_CLK_TCK")
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
            total += int(file.read().split()[0]) / 1e9
    return total


def tree(pid):
    """A process and all below it."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        try:
            with open(f"/proc/{one}/task/{one}/children") as file:
                todo += [int(x) for x in file.read().split()]
        except OSError:
            pass
    return found


def signal_all(pid, number):
    """Signals a process and all below it, and those that began meanwhile."""
    reached = set()
    while fresh := [one for one in tree(pid) if one not in reached]:
        for one in fresh:
            reached.add(one)
            try:
                os.kill(one, number)
            except ProcessLookupError:
                pass  # one that has just ended


def memory(pid):
    """Megabytes of a process: resident; its own and its share of what others use too; and what is in no file."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            text = file.read()
        return [int(re.search(rf"^{name}:\s+(\d+)", text, re.M).group(1)) / 1024 for name in ("Rss", "Pss", "Anonymous")]
    except (OSError, AttributeError):
        return [0.0, 0.0, 0.0]


def resident(pids):
    """Megabytes that processes and all below them hold now."""
    total = 0
    for pid in {one for pid in pids for one in tree(pid)}:
        try:
            with open(f"/proc/{pid}/statm") as file:
                total += int(file.read().split()[1])
        except OSError:
            pass  # it has just ended
    return total * os.sysconf("SC_PAGE_SIZE") / 2**20


def most_resident(peers, seconds):
    """What each peer's watchers hold at their fullest: a command that one runs every 30 s needs its memory too."""
    most = {peer: 0.0 for peer in peers}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for peer in peers:
            most[peer] = max(most[peer], resident(peer.watchers()))
        time.sleep(0.03)
    return most


class Poller(threading.Thread):
    """Asks the health URL ten times a second, a connection each."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.samples, self.ended = port, [], False

    def ask(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as s:
                s.sendall(b"GET /health/internal HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return s.recv(64)[9:12] == b"200"
        except OSError:
            return False

    def run(self):
        while not self.ended:
            began = time.monotonic()
            self.samples.append((began, self.ask(), time.monotonic()))
            time.sleep(max(0, 0.1 - (time.monotonic() - began)))


class Events(threading.Thread):
    """What an engine does to the containers of one project."""

    def __init__(self, env, label):
        super().__init__(daemon=True)
        self.seen = []
        self.process = subprocess.Popen(
            ["docker", "events", "--filter", "type=container", "--filter", f"label={label}", "--format", "{{json .}}"],
            env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def run(self):
        for line in self.process.stdout:
            event = json.loads(line)
            labels = event["Actor"]["Attributes"]
            service = labels.get("com.docker.compose.service") or labels.get("com.docker.swarm.service.name", "")
            self.seen.append((time.monotonic(), event["Action"].split(":")[0], service.rsplit("_", 1)[-1]))


class Peer:
    """A compose project on the machine's engine, which is watched by nobody: plain Docker."""

    name = "plain Docker"
    env = {}

    def __init__(self):
        self.key = "peer" + secrets.token_hex(4)
        self.port = free_port()
        self.file = f"{FOLDER}/{self.key}.yml"
        self.processes = []
        self.forwarder = None

    def variables(self):
        return {
            "NODE_ENV": "test", "PGUSER": "gammonguru", "PGDATABASE": "gammonguru", "PGPASSWORD": secrets.token_hex(16),
            "ACCESS_TOKEN_SECRET": secrets.token_hex(32), "REFRESH_TOKEN_SECRET": secrets.token_hex(32),
            "SUPABASE_URL": "http://localhost:54321", "SUPABASE_SERVICE_KEY": secrets.token_hex(16),
            "APP_PORT": str(self.port),
        }

    def make(self):
        with open(f"{FOLDER}/{self.key}.env", "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.writelines(f"{k}={v}\n" for k, v in self.variables().items())
        shipped = json.loads(run(
            "docker", "compose", "-f", f"{ROOT}/docker-compose.dev.yml", "-p", self.key, "config", "--no-interpolate",
            "--format", "json"))
        shipped["services"]["app"]["image"] = IMAGE
        del shipped["services"]["app"]["build"]
        with open(self.file, "w") as file:
            json.dump(shipped, file)

    def compose(self, *words, **options):
        return run(
            "docker", "compose", "--env-file", f"{FOLDER}/{self.key}.env", "-f", self.file, "-p", self.key, *words,
            **options)

    def up(self):
        self.make()
        self.compose("up", "--detach", "--wait", "--wait-timeout", "120")

    def start_watcher(self):
        pass

    def remove(self):
        for process in self.processes:
            for pid in tree(process.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            process.wait()
        run("docker", "compose", "-p", self.key, "down", "--volumes", "--timeout", "0", check=False)

    def label(self):
        return f"com.docker.compose.project={self.key}"

    def pid(self, service):
        return int(run("docker", "inspect", "--format", "{{.State.Pid}}", f"{self.key}-{service}-1", env=self.env))

    def prepare(self, fault):
        """What breaks it, as a function that takes no time."""
        if fault == "503":
            return lambda: run(
                "curl", "-fsS", "--max-time", "5", "-X", "POST", f"http://127.0.0.1:{self.port}/fault/sick")
        service, number = {
            "frozen": ("app", signal.SIGSTOP), "killed": ("app", signal.SIGKILL),
            "database-frozen": ("db", signal.SIGSTOP),
        }[fault]
        pid = self.pid(service)
        if pid <= 1:
            raise RuntimeError(f"{self.name}: {service} does not run, so it can't be broken")
        if service == "app":
            return lambda: os.kill(pid, number)
        # One whose first process alone is stopped still answers those who are connected.
        return lambda: signal_all(pid, number)

    def thaw(self, service):
        pid = self.pid(service)
        if pid > 1:
            signal_all(pid, signal.SIGCONT)

    def mend(self):
        """Whatever the watcher left broken is put right by hand before the next fault."""
        for service in ("db", "app"):
            self.thaw(service)
        if not self.is_well():
            self.compose("up", "--detach", "--force-recreate", "--wait", "--wait-timeout", "120")

    def is_well(self):
        return Poller(self.port).ask()

    def watchers(self):
        """The processes that are there only for watching."""
        return [process.pid for process in self.processes]


class Script(Peer):
    name = "polling script"

    def start_watcher(self):
        # The contract's settings, as a person writes them by hand: both are asked, three times in a row.
        loop = f"""
            failures=0
            while sleep 30; do
                state=$(docker inspect --format '{{{{.State.Health.Status}}}}' {self.key}-app-1)
                if [ "$state" != unhealthy ] && timeout 5 docker exec {self.key}-app-1 \\
                    curl -fsS -o /dev/null http://localhost:3000/health/internal; then
                    failures=0
                else
                    failures=$((failures + 1))
                fi
                if [ "$failures" -ge 3 ] || [ "$state" = unhealthy ]; then
                    docker compose --env-file {FOLDER}/{self.key}.env -f {self.file} -p {self.key} restart app
                    failures=0
                fi
            done"""
        self.processes.append(spawn(["bash", "-c", loop], f"{FOLDER}/{self.key}.log"))


class Monit(Peer):
    name = "Monit"

    def start_watcher(self):
        control = f"{FOLDER}/{self.key}.monitrc"
        compose = f"/usr/bin/docker compose --env-file {FOLDER}/{self.key}.env -f {self.file} -p {self.key}"
        with open(control, "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(f"""
set daemon 30
set log {FOLDER}/{self.key}.log
set pidfile {FOLDER}/{self.key}.pid
set idfile {FOLDER}/{self.key}.id
set statefile {FOLDER}/{self.key}.state
check host app with address 127.0.0.1
    start program = "{compose} start app" with timeout 60 seconds
    stop program = "{compose} stop app" with timeout 60 seconds
    if failed port {self.port} protocol http request "/health/internal" with timeout 5 seconds for 3 cycles then restart
""")
        self.processes.append(spawn(["monit", "-I", "-c", control], f"{FOLDER}/{self.key}.out"))


class Ours(Peer):
    name = "selfheal watch"

    def start_watcher(self):
        values = dict(line.rstrip("\n").split("=", 1) for line in open(f"{FOLDER}/{self.key}.env"))
        self.processes.append(spawn(
            [SELFHEAL, "watch", "app"], f"{FOLDER}/{self.key}.log",
            env={**values, "COMPOSE_FILE": self.file, "LOG_FILE": f"{FOLDER}/{self.key}.txt"}))


class Swarm(Peer):
    """Two services of a swarm of one node, on an engine of its own: `swarm init` on the machine's engine would change it
    for everybody. That engine is in a network namespace of its own, so its services use that namespace's loopback and are
    reached through a forwarder."""

    name = "Swarm service"

    def up(self):
        self.make()
        self.home = f"{FOLDER}/swarm"
        os.mkdir(self.home)
        self.env = {"DOCKER_HOST": f"unix://{self.home}/docker.sock"}
        self.engine = spawn(
            [
                "unshare", "--net", "--", "bash", "-c",
                # Swarm wants an address that is no loopback; a pair of interfaces with nobody at the other end has one.
                "ip link set lo up; ip link add swarm0 type veth peer name swarm1; "
                "ip addr add 192.0.2.1/24 dev swarm0; ip link set swarm0 up; ip link set swarm1 up; "
                f"exec dockerd --data-root {self.home}/data --exec-root {self.home}/exec "
                f"--pidfile {self.home}/pid --host unix://{self.home}/docker.sock --bridge none --iptables=false",
            ], f"{FOLDER}/swarm-engine.log")
        self.processes.append(self.engine)
        deadline = time.monotonic() + 60
        while subprocess.run(
                ["docker", "version"], env={**os.environ, **self.env}, capture_output=True).returncode != 0:
            if time.monotonic() > deadline:
                raise RuntimeError("the engine of the swarm does not start: " + open(f"{FOLDER}/swarm-engine.log").read()[-800:])
            time.sleep(0.5)
        for image in (IMAGE, "postgres:15"):
            run("bash", "-c", f"docker save {image} | DOCKER_HOST={self.env['DOCKER_HOST']} docker load", timeout=600)
        run("docker", "swarm", "init", "--advertise-addr", "192.0.2.1", "--listen-addr", "192.0.2.1", env=self.env)
        self.forwarder = spawn(
            ["socat", f"TCP-LISTEN:{self.port},bind=127.0.0.1,fork,reuseaddr",
             f"EXEC:nsenter --net=/proc/{self.engine.pid}/ns/net socat STDIO TCP\\:127.0.0.1\\:3000"],
            f"{FOLDER}/swarm-forwarder.log")
        self.processes.append(self.forwarder)
        values = self.variables()
        environment = [x for k, v in values.items() if k != "APP_PORT" for x in ("--env", f"{k}={v}")]
        health = ["--health-interval", "30s", "--health-timeout", "5s", "--health-retries", "3"]
        common = ["service", "create", "--detach", "--network", "host", "--no-resolve-image"]
        run(
            "docker", *common, "--name", f"{self.key}_db", "--stop-grace-period", "30s", "--health-cmd",
            "exec pg_isready -h 127.0.0.1", "--health-interval", "5s", "--health-timeout", "3s", "--health-retries", "3",
            "--health-start-period", "30s", "--mount", f"type=volume,source={self.key},target=/var/lib/postgresql/data",
            "--env", f"POSTGRES_USER={values['PGUSER']}", "--env", f"POSTGRES_PASSWORD={values['PGPASSWORD']}",
            "--env", f"POSTGRES_DB={values['PGDATABASE']}", "postgres:15", env=self.env)
        run(
            "docker", *common, "--name", f"{self.key}_app", "--stop-grace-period", "10s", "--health-cmd",
            "curl -fsS http://localhost:3000/health/internal", *health, *environment, "--env", "PGHOST=127.0.0.1",
            "--env", "PGPORT=5432", "--env", "PORT=3000", IMAGE, env=self.env)
        deadline = time.monotonic() + 120
        while not self.is_well():
            if time.monotonic() > deadline:
                raise RuntimeError("the swarm does not serve: " + run(
                    "docker", "service", "ps", "--no-trunc", f"{self.key}_app", env=self.env, check=False)[-800:])
            time.sleep(1)
        # The first check is what makes a task run, for Swarm.
        time.sleep(35)

    def label(self):
        return "com.docker.swarm.service.name"

    def pid(self, service):
        one = run(
            "docker", "ps", "--quiet", "--filter", f"label=com.docker.swarm.service.name={self.key}_{service}",
            env=self.env).split("\n")[0]
        return int(run("docker", "inspect", "--format", "{{.State.Pid}}", one, env=self.env)) if one else 0

    def mend(self):
        for service in ("db", "app"):
            self.thaw(service)
        deadline = time.monotonic() + 120
        while not self.is_well() and time.monotonic() < deadline:
            time.sleep(1)

    def watchers(self):
        # The engine itself is what watches here; its containers' shims are below it too.
        return [pid for pid in tree(self.engine.pid) if "dockerd" in comm(pid) or comm(pid) == "containerd"]

    def remove(self):
        run("docker", "service", "rm", f"{self.key}_app", f"{self.key}_db", env=self.env, check=False)
        run("docker", "swarm", "leave", "--force", env=self.env, check=False)
        for pid in (tree(self.forwarder.pid) if self.forwarder else []) + [self.engine.pid]:
            try:
                os.kill(pid, signal.SIGTERM)
            except OSError:
                pass
        try:
            self.engine.wait(40)
        except subprocess.TimeoutExpired:
            pass
        # Its containerd and shims name the folder, whose name is like no other.
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline") as file:
                    if self.home in file.read():
                        os.kill(int(pid), signal.SIGKILL)
            except OSError:
                pass
        # Mounts lie over each other, and one that a dying process still uses goes with the next try.
        for _ in range(20):
            with open("/proc/self/mounts") as file:
                mounts = [line.split()[1] for line in file if line.split()[1].startswith(self.home)]
            if not mounts:
                break
            for mount in reversed(mounts):
                run("umount", "--lazy", mount, check=False)
            time.sleep(0.5)


def comm(pid):
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip()
    except OSError:
        return ""


def all_cpu(peer):
    total = 0.0
    for pid in peer.watchers():
        try:
            total += cpu(pid)
        except OSError:
            pass
    return total


def result(fault, peer, poller, events, injected):
    """When it acted, when clients were served for good, and what was started."""
    seen = [(at - injected, action, service) for at, action, service in events.seen if at >= injected]
    culprit = "db" if fault == "database-frozen" else "app"
    # The first thing that anybody did about it. A killed process needs no kill: there it is the start.
    acts = [at for at, action, _ in seen if action in ("kill", "start", "restart")]
    starts = [service for _, action, service in seen if action == "start"]
    failed = [began for began, good, _ in poller.samples if not good and began >= injected]
    good = [end for began, is_good, end in poller.samples if is_good and failed and began > failed[-1]]
    last = poller.samples[-1][0]
    # Not served for good while the last failure is only just over.
    serving = good[0] - injected if good and last - failed[-1] > 1 else None
    return {
        "acted": min(acts) if acts else None, "serving": serving, "restarts": starts.count(culprit),
        "wrongful": len([s for s in starts if s != culprit]) + max(0, starts.count(culprit) - 1),
        "failed": len(failed),
    }


def hold(fault, peers):
    say(f"→ {fault}")
    pollers = {p: Poller(p.port) for p in peers}
    watched = {p: Events(p.env, p.label()) for p in peers}
    for thread in list(pollers.values()) + list(watched.values()):
        thread.start()
    time.sleep(2)
    breaks = [(peer, peer.prepare(fault)) for peer in peers]
    injected = {}
    for peer, do_break in breaks:
        injected[peer] = time.monotonic()
        do_break()
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        time.sleep(1)
        states = [result(fault, p, pollers[p], watched[p], injected[p]) for p in peers if p.name != "plain Docker"]
        if all(s["serving"] is not None for s in states):
            # What restarts once too often does so soon after.
            time.sleep(45)
            break
    rows = {p.name: result(fault, p, pollers[p], watched[p], injected[p]) for p in peers}
    for peer in peers:
        pollers[peer].ended = True
        watched[peer].process.terminate()
    for peer in peers:
        peer.mend()
        say(f"  {peer.name}: {rows[peer.name]}")
    return rows


def seconds(value, never):
    return never if value is None else f"{value:.1f} s"


def main():
    if not set(FAULTS) <= KNOWN:
        sys.exit(f"there are {', '.join(sorted(KNOWN))}; not {', '.join(set(FAULTS) - KNOWN)}")
    os.mkdir(FOLDER, 0o700)
    peers = [Peer(), Script(), Monit(), Swarm(), Ours()]
    made = []
    try:
        for peer in peers:
            say(f"→ starting {peer.name}")
            made.append(peer)
            peer.up()
        for peer in peers:
            peer.start_watcher()
        say(f"→ waiting {SETTLING_SECONDS} s: what has just started is looked at more often")
        time.sleep(SETTLING_SECONDS)
        say(f"→ idle for {IDLE_SECONDS} s")
        before = {p: all_cpu(p) for p in peers}
        began = time.monotonic()
        time.sleep(IDLE_SECONDS)
        took = time.monotonic() - began
        spent = {p: all_cpu(p) - before[p] for p in peers}
        most = most_resident([p for p in peers if p.watchers()], 65)
        idle = {
            p.name: [spent[p] / took * 3600] + [sum(parts) for parts in zip([0, 0, 0], *(memory(x) for x in p.watchers()))]
            + [most.get(p, 0)] for p in peers}
        for name, figures in idle.items():
            say(f"  {name}: {figures[0]:.2f} CPU s per hour" + "".join(f", {x:.1f} MB" for x in figures[1:]))
        results = {}
        for fault in FAULTS:
            results[fault] = hold(fault, peers)
            # A backoff that another fault has begun must not be counted.
            time.sleep(65)
    finally:
        say("→ removing the projects")
        for peer in made:
            try:
                peer.remove()
            except Exception as error:  # noqa: BLE001 - the others must be removed all the same
                say(f"  {peer.name}: {error}")
        shutil.rmtree(FOLDER, ignore_errors=True)

    print("| fault | watcher | acts after | serves again after | restarts | wrongful | failed requests |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for fault, rows in results.items():
        for name, row in rows.items():
            print(
                f"| {fault} | {name} | {seconds(row['acted'], 'never')} | {seconds(row['serving'], 'never')} | "
                f"{row['restarts']} | {row['wrongful']} | {row['failed']} |")
    print()
    print("| watcher | CPU s per hour while all is well | resident MB | PSS MB | anonymous MB | resident at most, with its commands |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, (hour, *megabytes) in idle.items():
        print(f"| {name} | {hour:.2f} | {' | '.join(f'{x:.1f}' for x in megabytes)} |")
    print()
    print("What a watcher makes the engine do (docker exec, docker inspect) comes on top of its own CPU.")
    if "frozen" in results:
        rows = results["frozen"]
        best = min((r["acted"] for n, r in rows.items() if n != Ours.name and r["acted"] is not None), default=None)
        own = rows[Ours.name]["acted"]
        if best and own:
            print(f"frozen: {best / own:.1f} times sooner than the best peer (goal: 10)")
    print(f"wrongful restarts of selfheal watch: {sum(r[Ours.name]['wrongful'] for r in results.values())} (goal: 0)")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
