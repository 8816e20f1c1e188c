#!/usr/bin/env python3
"""What the whole way does on a real Kafka broker and a real PostgreSQL, both started here and sharing this machine's cores with the program.

    services.py steady  [ISSUES] [SETUP…]     sections a second while it has work, and the greatest memory
    services.py latency [FILES]  [SETUP…]     from the renaming of a file into an idle, watched folder until its rows are visible

The disk is what `Disk` measures meanwhile in the same folder (TMPDIR, by default /tmp).

SETUP: kafka-postgres (without record topics), kafka-postgres-topics (with them), kafka-sqlite, embedded; all without.
"""
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import YTTERBY, Broker, Folder, Postgres, expect, run, synthesize

CONSUMERS = ("prices", "patents", "policies", "articles")
WARM_UP = 300  # files before those that count, one close upon another: the broker's code is compiled
# As Kafka's own scripts start a broker: its collector stops it for less than ours for the short lives of tests, which stops it for 20 ms
# at a time. Its compiler works for half a minute, which is as long as the measurement of the steady state.
LONG_LIVED = {"KAFKA_JVM_PERFORMANCE_OPTS": "-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35"}
LAST_MANIFESTS = "SELECT " + ", ".join(f"(SELECT coalesce(max(id), 0) FROM {name}_manifest)" for name in CONSUMERS)
SETUPS = {"kafka-postgres": (True, True, False), "kafka-postgres-topics": (True, True, True), "kafka-sqlite": (True, False, False),
          "embedded": (False, False, False)}


class Whole:
    """`ytterby run` over a watched folder."""

    def __init__(self, stack, folder, setup):
        kafka, postgres, topics = SETUPS[setup]
        self.inbox = folder / "inbox"
        self.inbox.mkdir()
        address = stack.enter_context(Broker(folder)) if kafka else ""
        self.url = stack.enter_context(Postgres(folder)).url if postgres else ""
        self.topics = topics
        self.data = folder / "data"
        self.log = folder / "run.log"
        config = folder / "config.yaml"
        config.write_text(f"data_dir: {self.data}\nbrokers: '{address}'\nstore: '{self.url}'\nhttp:\n  listen: ''\n"
                          f"record_topics: {'on' if topics else 'off'}\nfeeds:\n  - name: inbox\n    directory: {self.inbox}\n")
        if kafka:
            run("topics", "apply", "--config", config)
        if postgres:
            run("store", "migrate", "--store", self.url)
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([YTTERBY, "run", "--config", config], stdout=log, stderr=log)
        stack.callback(self.end)
        if postgres:
            import psycopg2
            self.db = psycopg2.connect(self.url)
            self.db.autocommit = True
            self.age()
        else:
            deadline = time.monotonic() + 30
            while not (self.data / "store.db").exists() or "consum" not in self.log.read_text() and time.monotonic() < deadline:
                self.expect_alive(deadline)
            self.db = sqlite3.connect(f"file:{self.data}/store.db?mode=ro", uri=True)

    def age(self):
        """As a server that has run for a while: its write-ahead log goes round in files that there are, where a new one has to make each."""
        cursor = self.db.cursor()
        for _ in range(20):
            cursor.execute("CREATE TABLE aging AS SELECT 1; DROP TABLE aging; SELECT pg_switch_wal()")
        cursor.execute("CHECKPOINT")

    def expect_alive(self, deadline):
        expect(self.process.poll() is None and time.monotonic() < deadline, f"the program ended or is late: {self.log.read_text()[-2000:]}")

    def ask(self, question):
        cursor = self.db.cursor()
        cursor.execute(question)
        return cursor.fetchone()

    def sections(self):
        """Stored sections of each consumer, and documents that each has heard of."""
        return self.ask("SELECT " + ", ".join(f"(SELECT count(*) FROM {name}_{table})" for name in CONSUMERS for table in ("stored", "manifest")))

    def watch(self):
        """Makes ready to ask for the last manifests."""
        if self.url:
            self.ask_last = "EXECUTE last_manifests"
            self.db.cursor().execute(f"PREPARE last_manifests AS {LAST_MANIFESTS}")
        else:
            self.ask_last = LAST_MANIFESTS

    def last_manifests(self):
        """What changes for each consumer when it has stored a document whole; cheap to ask."""
        return self.ask(self.ask_last)

    def dirty(self):
        return self.ask("SELECT " + " + ".join(f"(SELECT count(*) FROM {name}_dirty)" for name in CONSUMERS))[0] if self.topics else 0

    def end(self):
        if self.process.poll() is not None:
            return
        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())
        self.peak_mb = int(peak[1]) / 1000 if peak else 0
        self.process.terminate()
        self.process.wait(60)


class Disk:
    """Asks the disk for 4 KiB, durable, twenty times a second: what it takes is no work of the program's, and all that is durable waits as long."""

    def __init__(self, folder):
        self.file = os.open(folder / "probe", os.O_RDWR | os.O_CREAT, 0o600)
        os.write(self.file, bytes(4096))
        os.fsync(self.file)
        self.seconds = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while not self.stopping.wait(0.05):
            begin = time.monotonic()
            os.pwrite(self.file, b"y" * 4096, 0)
            os.fdatasync(self.file)
            self.seconds.append(time.monotonic() - begin)

    def end(self):
        self.stopping.set()
        self.thread.join()
        os.close(self.file)
        return sorted(self.seconds)


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def steady(folder, setup, count):
    with ExitStack() as stack:
        synthesize(folder / "documents", count)
        run("ingest", folder / "documents", "--data-dir", folder / "calm")
        calm = sqlite3.connect(folder / "calm" / "store.db")
        expected = calm.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {name}_{table})" for name in CONSUMERS
                                                      for table in ("stored", "manifest"))).fetchone()
        calm.close()
        whole = Whole(stack, folder, setup)
        total, begin, first = expected[6], time.monotonic(), None
        for path in sorted((folder / "documents").iterdir()):
            path.rename(whole.inbox / path.name)
        deadline = begin + 600
        while True:
            now = whole.sections()
            if first is None and now[6] >= total / 10:
                first = (now[6], time.monotonic())
            if now == expected and whole.dirty() == 0:
                break
            whole.expect_alive(deadline)
            time.sleep(0.1)  # the counting is work for the server
        done = time.monotonic()
        whole.end()
        print(f"{setup:22} {count:7} {total:9} {done - begin:9.2f} {(total - first[0]) / (done - first[1]):11.0f} {whole.peak_mb:8.0f}", flush=True)


def latency(folder, setup, count):
    with ExitStack() as stack:
        synthesize(folder / "documents", count + WARM_UP)
        os.environ.update(LONG_LIVED)
        whole = Whole(stack, folder, setup)
        seconds = []
        pause = random.Random(1)
        whole.watch()
        disk = None
        for path in sorted((folder / "documents").iterdir()):
            if len(seconds) == WARM_UP:
                disk = Disk(folder)
            shutil.copy(path, whole.inbox.parent / "next")
            before = whole.last_manifests()
            begin = time.monotonic()
            (whole.inbox.parent / "next").rename(whole.inbox / path.name)
            while any(now <= then for now, then in zip(whole.last_manifests(), before)):
                whole.expect_alive(begin + 60)
                time.sleep(0.001)  # leaves the core to those who work
            seconds.append(time.monotonic() - begin)
            time.sleep(pause.uniform(0.05, 0.2) if len(seconds) > WARM_UP else 0.01)
        whole.end()
        warm, syncs = sorted(seconds[WARM_UP:]), disk.end()
        figures = [percentile(ordered, share) for ordered in (warm, syncs) for share in (0.5, 0.99, 1)]
        print(f"{setup:22} {len(warm):7}" + "".join(f" {figure:8.1f}" for figure in figures), flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("steady", "latency"):
        sys.exit(__doc__)
    numbers = [int(argument) for argument in sys.argv[2:] if argument.isdigit()]
    setups = [argument for argument in sys.argv[2:] if not argument.isdigit()] or list(SETUPS)
    if unknown := set(setups) - set(SETUPS):
        sys.exit(f"{', '.join(unknown)}: one of {', '.join(SETUPS)}")
    measure, default = (steady, 2000) if sys.argv[1] == "steady" else (latency, 200)
    if measure is steady:
        print("setup                   issues  sections   seconds  sections/s  peak MB   (sections/s: from a tenth of them to all)")
    else:
        print(f"setup                    files   median     99 %    worst     disk     99 %    worst   (milliseconds, after {WARM_UP} files of warm-up)")
    # Nothing is removed before the end: for minutes after, ext4 makes files the slower the more were removed near them.
    with Folder() as folder:
        folder.chmod(0o711)  # the server runs as another user
        for number, setup in enumerate(setups):
            own = folder / str(number)
            own.mkdir()
            measure(own, setup, numbers[0] if numbers else default)
