#!/usr/bin/env python3
"""What clients could send to the HTTP pages: each row is sent to a running process and states the status of its answer.
After each row, and while other clients keep their connections busy, /livez answers at once.

    pages.py          runs the table
    pages.py--rows    prints its rows, for the runbook
"""
import resource
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

END = b"\r\n\r\n"


def get(path, *headers, method=b"GET", version=b"HTTP/1.1"):
    return b"\r\n".join([method + b" " + path + b" " + version, b"Host: x", *headers]) + END


# What is sent, and the status of the answer; None: closed without one.
REQUESTS = [
    ("method: HEAD", get(b"/livez", method=b"HEAD"), 200),
    ("method: POST", get(b"/livez", method=b"POST"), 405),
    ("method: PUT", get(b"/metrics", method=b"PUT"), 405),
    ("method: DELETE", get(b"/readyz", method=b"DELETE"), 405),
    ("method: OPTIONS", get(b"*", method=b"OPTIONS"), 405),
    ("method: TRACE", get(b"/livez", method=b"TRACE"), 405),
    ("method: CONNECT", get(b"example.org:443", method=b"CONNECT"), 405),
    ("method: in small letters", get(b"/livez", method=b"get"), 405),
    ("method: of 300 letters", get(b"/livez", method=b"G" * 300), 400),
    ("path: with a query", get(b"/livez?verbose=1&x=%00"), 200),
    ("path: with a slash behind", get(b"/livez/"), 404),
    ("path: two slashes", get(b"//livez"), 404),
    ("path: of another host", get(b"http://example.org/livez"), 404),
    ("path: out of the folder", get(b"/../../../../etc/passwd"), 404),
    ("path: out of the folder, escaped", get(b"/%2e%2e/%2e%2e/etc/passwd"), 404),
    ("path: escaped letters", get(b"/%6civez"), 404),
    ("path: a line break, escaped", get(b"/livez%0d%0aX-Injected:%201"), 404),
    ("path: a zero byte", get(b"/livez\x00.html"), 404),
    ("path: bytes that are no UTF-8", get(b"/\xff\xfe\xed\xa0\x80"), 404),
    ("path: markup", get(b"/<script>alert(1)</script>"), 404),
    ("path: empty", b"GET  HTTP/1.1" + END, 400),
    ("path: of 7 kB", get(b"/" + b"a" * 7000), 404),
    ("path: of 9 kB", get(b"/" + b"a" * 9000), 431),
    ("path: of 9 kB, without an end", b"GET /" + b"a" * 9000, 431),
    ("version: none", b"GET /livez" + END, 400),
    ("version: HTTP/1.0", get(b"/livez", version=b"HTTP/1.0"), 200),
    ("version: HTTP/2.0", get(b"/livez", version=b"HTTP/2.0"), 200),
    ("version: of 60 letters", get(b"/livez", version=b"H" * 60), 400),
    ("header: none", b"GET /livez HTTP/1.1" + END, 200),
    ("header: 90 of them", get(b"/livez", *[b"X-%d: y" % i for i in range(90)]), 200),
    ("header: 1,000 of them", get(b"/livez", *[b"X: y" for i in range(1000)]), 400),
    ("header: without a colon", get(b"/livez", b"no colon here"), 200),
    ("header: without a name", get(b"/livez", b": value"), 200),
    ("header: of 7 kB", get(b"/livez", b"X: " + b"y" * 7000), 200),
    ("header: of 9 kB", get(b"/livez", b"X: " + b"y" * 9000), 431),
    ("header: a zero byte", get(b"/livez", b"X: a\x00b"), 200),
    ("header: a byte above 127", get(b"/livez", b"X: \xff\xfe"), 200),
    ("header: a folded line", get(b"/livez", b"X: a", b"  b"), 200),
    ("header: line ends without CR", b"GET /livez HTTP/1.1\nHost: x\n\n", 200),
    ("body: behind a GET", get(b"/livez", b"Content-Length: 4") + b"body", 200),
    ("body: of another length", get(b"/livez", b"Content-Length: 99") + b"body", 200),
    ("body: of negative length", get(b"/livez", b"Content-Length: -1"), 200),
    ("body: of 2^64 bytes", get(b"/livez", b"Content-Length: 18446744073709551616"), 200),
    ("body: two lengths", get(b"/livez", b"Content-Length: 1", b"Content-Length: 2") + b"ab", 200),
    ("body: chunked", get(b"/livez", b"Transfer-Encoding: chunked") + b"ffffffff\r\n", 200),
    ("body: 100-continue", get(b"/metrics", b"Expect: 100-continue", method=b"POST"), 405),
    ("body: a megabyte behind a POST", get(b"/livez", method=b"POST") + b"x" * 1_000_000, 405),
    ("protocol: two requests at once", get(b"/livez") + get(b"/metrics"), 200),
    ("protocol: TLS", bytes.fromhex("16030100c8010000c40303") + bytes(190), 408),
    ("protocol: HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), 405),
    ("protocol: SSH", b"SSH-2.0-OpenSSH_9.2\r\n", 408),
    ("protocol: Redis", b"*1\r\n$4\r\nPING\r\n", 408),
    ("protocol: only line breaks", b"\r\n" * 100, 400),
    ("protocol: zero bytes", bytes(500), 408),
    ("protocol: random bytes", bytes((i * 7919 + 13) % 251 for i in range(4000)), 408),
    ("time: nothing is sent", b"", 408),
    ("time: half a request line", b"GET /li", 408),
    ("time: no end of the headers", b"GET /livez HTTP/1.1\r\nHost: x\r\n", 408),
]

# Other clients, how many, and what each has sent while /livez is asked.
CROWDS = [
    ("clients: idle", 5000, b""),
    ("clients: half a request", 1000, b"GET /metrics HTTP/1.1\r\n"),
    ("clients: that do not read /metrics", 500, get(b"/metrics")),
]

if "--rows" in sys.argv:
    for name, _, status in REQUESTS:
        print(f"{name}\t{status or 'closed'}")
    for name, count, _ in CROWDS:
        print(f"{name}, {count:,}\t/livez answers")
    sys.exit(0)

from daemon import Daemon
from ytterby_test import SLACK, Folder, expect, http_get


def connect(port, seconds=20):
    return socket.create_connection(("127.0.0.1", port), timeout=seconds)


def status_of(client):
    """The status of the answer; None if there is none."""
    answer = b""
    try:
        while part := client.recv(65536):
            answer += part
    except ConnectionResetError:
        pass
    if not answer:
        return None
    line = answer.split(b"\r\n")[0].split()
    expect(line[0].startswith(b"HTTP/1."), f"no HTTP answer: {answer[:100]}")
    return int(line[1])


def send(client, data):
    try:
        client.sendall(data)
    except (ConnectionResetError, BrokenPipeError):
        pass  # refused before all of it came


def lives(port):
    begin = time.monotonic()
    status = http_get(port, "/livez")[0]
    return status == 200 and time.monotonic() - begin < 1 * SLACK


with Folder() as folder:
    resource.setrlimit(resource.RLIMIT_NOFILE, (6000, max(6000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    daemon = Daemon(folder / "daemon", "run", feed=True)
    wrong = []
    try:
        daemon.await_ready()
        port = daemon.port
        # The slow ones wait side by side.
        clients = []
        for name, data, status in REQUESTS:
            client = connect(port)
            send(client, data)
            clients.append((name, client, status))
            if not lives(port):
                wrong.append(f"{name}: /livez does not answer")
        for name, client, status in clients:
            got = status_of(client)
            if got != status:
                wrong.append(f"{name}: {got}, not {status}")
            client.close()
        for name, count, data in CROWDS:
            crowd = []
            for i in range(count):
                client = connect(port)
                send(client, data)
                crowd.append(client)
                if i % 100 == 99 and not lives(port):
                    wrong.append(f"{name}: /livez does not answer after {i + 1}")
            for _ in range(20):
                if not lives(port):
                    wrong.append(f"{name}: /livez does not answer beside {count}")
            for client in crowd:
                client.close()
        expect(daemon.process.poll() is None, daemon.text()[-2000:])
        daemon.stop()
    finally:
        daemon.kill()
    rows = len(REQUESTS) + len(CROWDS)
    expect(not wrong, f"{len(wrong)} of {rows} rows:\n" + "\n".join(wrong))
    print(f"{rows} hostile clients, each with its stated answer")
