#!/usr/bin/env python3
"""A fake engine: it speaks the Docker Engine API, as far as the watchdog asks, over a real unix socket, for any number of
containers that are all healthy. It also answers their health URL. All of them are one process, this one, so that a probe
through a network namespace is a real one.

usage: fake_engine.py SOCKET COUNT PORT
"""
import asyncio
import json
import os
import sys
import time
import urllib.parse

SOCKET, COUNT, PORT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
START = time.time() - 3600
STARTED = time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime(START))


def moment(when):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(when)) + ".123456789Z"


def labels(number):
    return {
        "com.docker.compose.project": "scale",
        "com.docker.compose.service": f"s{number}",
        "com.docker.compose.container-number": "1",
        "com.docker.compose.config-hash": "0" * 64,
        "com.docker.compose.oneoff": "False",
        "com.docker.compose.depends_on": "",
        "com.docker.compose.project.config_files": "/srv/scale/compose.yaml",
        "com.docker.compose.project.working_dir": "/srv/scale",
        "com.docker.compose.version": "2.30.0",
        "selfheal.interval": "10s",
    }


def identifier(number):
    return f"{number:064x}"


def summary(number):
    return {
        "Id": identifier(number), "Names": [f"/scale-s{number}-1"], "Image": "scale", "ImageID": "sha256:" + "1" * 64,
        "Command": "serve", "Created": int(START), "Ports": [], "Labels": labels(number), "State": "running",
        "Status": "Up 1 hour (healthy)", "HostConfig": {"NetworkMode": "scale_default"}, "Mounts": [],
        "NetworkSettings": {"Networks": {}},
    }


def details(number):
    now = time.time()
    log = [
        {"Start": moment(now - age), "End": moment(now - age + 0.05), "ExitCode": 0, "Output": '{"app":"ok","db":"ok"}'}
        for age in (42, 32, 22, 12, 2)
    ]
    return {
        "Id": identifier(number), "Created": STARTED, "Path": "serve", "Args": [], "Image": "sha256:" + "1" * 64,
        "Name": f"/scale-s{number}-1", "RestartCount": 0, "Driver": "overlay2", "Platform": "linux",
        "State": {
            "Status": "running", "Running": True, "Paused": False, "Restarting": False, "OOMKilled": False,
            "Dead": False, "Pid": os.getpid(), "ExitCode": 0, "Error": "", "StartedAt": STARTED,
            "FinishedAt": "0001-01-01T00:00:00Z",
            "Health": {"Status": "healthy", "FailingStreak": 0, "Log": log},
        },
        "HostConfig": {
            "RestartPolicy": {"Name": "always", "MaximumRetryCount": 0}, "NetworkMode": "scale_default",
            "PortBindings": {}, "Binds": [], "Memory": 0, "NanoCpus": 0, "CapAdd": None, "Dns": [], "Ulimits": None,
        },
        "Mounts": [],
        "Config": {
            "Hostname": identifier(number)[-12:], "Env": ["PATH=/usr/local/bin:/usr/bin", "NODE_ENV=production"] * 8,
            "Cmd": ["serve"], "Image": "scale", "Labels": labels(number), "StopSignal": "SIGTERM",
            "Healthcheck": {
                "Test": ["CMD", "curl", "-fsS", "http://localhost/health"], "Interval": 10_000_000_000,
                "Timeout": 5_000_000_000, "Retries": 3,
            },
        },
        "NetworkSettings": {"Networks": {"scale_default": {"IPAddress": "172.18.0.2", "Gateway": "172.18.0.1"}}},
    }


def listed(query):
    wanted = json.loads(query.get("filters", ["{}"])[0]).get("label", [])
    service = [label.split("=", 1)[1] for label in wanted if label.startswith("com.docker.compose.service=")]
    numbers = [int(name[1:]) for name in service] or range(COUNT)
    return [summary(number) for number in numbers if number < COUNT]


def answer(path, query):
    parts = path.split("/")[1:]
    if parts[0].startswith("v1."):
        parts = parts[1:]
    if parts == ["containers", "json"]:
        return listed(query)
    if parts[0] == "containers" and parts[-1] == "json":
        return details(int(parts[1], 16))
    if parts == ["info"]:
        return {"DockerRootDir": "/"}
    return None


async def engine(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode()
            path, _, text = target.partition("?")
            query = urllib.parse.parse_qs(text)
            if path.endswith("/_ping"):
                writer.write(b"HTTP/1.1 200 OK\r\nApi-Version: 1.47\r\nContent-Length: 2\r\n\r\nOK")
            elif path.endswith("/events"):
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                await writer.drain()
                await reader.read()
                return
            else:
                value = answer(path, query)
                status = b"200 OK" if value is not None else b"404 Not Found"
                body = json.dumps(value if value is not None else {"message": "no such thing"}).encode()
                writer.write(
                    b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\nContent-Length: "
                    + str(len(body)).encode() + b"\r\n\r\n" + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


PROBES = 0


async def health(reader, writer):
    global PROBES
    try:
        await reader.readuntil(b"\r\n\r\n")
        PROBES += 1
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 22\r\nConnection: close\r\n\r\n{"app":"ok","db":"ok"}')
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def tell():
    """How often it was asked for its health, for whoever measures: the probes must be real."""
    while True:
        await asyncio.sleep(0.5)
        with open(SOCKET + ".probes", "w", encoding="ascii") as file:
            file.write(str(PROBES))


async def main():
    await asyncio.start_unix_server(engine, SOCKET)
    await asyncio.start_server(health, "127.0.0.1", PORT, backlog=512)
    await tell()


asyncio.run(main())
