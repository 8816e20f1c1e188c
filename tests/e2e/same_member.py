#!/usr/bin/env python3
"""Two processes under one group.instance.id: one of them ends with 78 and says why, the other goes on. A one-shot command beside them is a
member of its own and takes nobody's place."""
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import YTTERBY, Broker, Folder, expect, expect_same, export_all, run, synthesize


def consume(folder, name, address):
    return subprocess.Popen([YTTERBY, "consume", "--config", folder / "one.yaml", "--data-dir", folder / name, "--brokers", address],
                            stderr=open(folder / f"{name}.log", "w"))


def wait_for(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < deadline, what)
        time.sleep(0.05)


with Folder() as folder:
    synthesize(folder / "in", 3, 16000)
    (folder / "one.yaml").write_text(
        f"store: sqlite:{folder}/store.db\nhttp:\n  listen: ''\nkafka:\n  group.instance.id: one\n  session.timeout.ms: 6000\n")
    with Broker(folder) as address:
        run("topics", "apply", "--brokers", address)
        first = consume(folder, "first", address)
        second = None
        try:
            # It has its place when it stores what another process published.
            run("ingest", folder / "in", "--data-dir", folder / "data", "--config", folder / "one.yaml", "--brokers", address)
            expect(first.poll() is None, f"a one-shot command took the daemon's place: {(folder / 'first.log').read_text()}")
            second = consume(folder, "second", address)
            wait_for(lambda: first.poll() is not None or second.poll() is not None, "neither of two members of one name ends")
            loser, winner = ("first", second) if first.poll() is not None else ("second", first)
            code = first.poll() if loser == "first" else second.poll()
            said = (folder / f"{loser}.log").read_text()
            expect(code == 78 and "fenced" in said.lower(), f"{loser} ended with {code}: {said}")
            expect(winner.poll() is None, "both ended")
            winner.send_signal(signal.SIGTERM)
            expect(winner.wait(timeout=60) == 0, "the other did not stop cleanly")
        finally:
            for process in filter(None, (first, second)):
                process.kill()
                process.wait()
        run("ingest", folder / "in", "--data-dir", folder / "calm")
        expect_same(export_all(folder / "calm", folder / "calm-out"),
                    export_all(folder / "data", folder / "out", "--store", f"sqlite:{folder}/store.db"), "two members of one name")
    print("of two members of one name one stays")
