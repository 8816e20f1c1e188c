#!/usr/bin/env python3
"""A daemon whose broker is away: it answers over HTTP from the first moment, says what is wrong, and stops when asked to."""
import json
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import YTTERBY, Broker, Folder, expect, run

STOP_TIMEOUT = 3


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def start(folder, brokers):
    inbox = folder / "inbox"
    inbox.mkdir(exist_ok=True)
    config = folder / "run.yaml"
    config.write_text(f"data_dir: {folder}/data\nbrokers: {brokers}\nstop_timeout_s: {STOP_TIMEOUT}\nhttp:\n  listen: 127.0.0.1:0\n"
                      f"feeds:\n  - name: inbox\n    directory: {inbox}\nkafka:\n  session.timeout.ms: '6000'\n")
    process = subprocess.Popen([YTTERBY, "run", "--config", config], stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if found := re.search(r"HTTP on port (\d+)", line):
            return process, int(found[1])
    sys.exit("FAILED: the process ended before it served HTTP")


def wait_for(port, ready, rounds=60):
    """Asks until /readyz answers so; every answer must come at once."""
    for _ in range(rounds):
        asked = time.monotonic()
        status, body = get(port, "/readyz")
        expect(time.monotonic() - asked < 4, "/readyz keeps its caller waiting")
        if (status == 200) == ready:
            return json.loads(body)
        subprocess.run(["sleep", "0.5"], check=True)
    sys.exit(f"FAILED: /readyz never became {'ready' if ready else 'unready'}: {body}")


def stop(process):
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    rest = process.stderr.read()
    expect(process.wait(timeout=60) == 0, f"the process did not stop cleanly: {rest}")
    took = time.monotonic() - asked
    expect(took < STOP_TIMEOUT + 5, f"stopping took {took:.1f} s")


with Folder() as folder:
    process, port = start(folder, "127.0.0.1:9")
    try:
        expect(get(port, "/livez")[0] == 200, "livez while no broker was ever there")
        checks = wait_for(port, False)["checks"]
        expect(any(check["check"] == "log" and not check["ok"] for check in checks), checks)
    finally:
        stop(process)

    broker = Broker(folder)
    with broker as address:
        run("topics", "apply", "--brokers", address)
        process, port = start(folder, address)
        wait_for(port, True)
        broker.__exit__()
        checks = wait_for(port, False)["checks"]
        expect(any(check["check"] == "log" and not check["ok"] for check in checks), checks)
        expect(get(port, "/livez")[0] == 200, "livez while the broker is away")
        stop(process)
    print("a daemon without its broker answers, says so, and stops within its limit")
