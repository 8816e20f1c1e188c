#!/usr/bin/env python3
"""Speed of the whole pipeline on a real Kafka broker and a real PostgreSQL, both started here and sharing this
machine's cores with the program.

    services.py steady  [ISSUES] [SETUP…]     sections per second under load, and peak memory
    services.py latency [FILES]  [SETUP…]     from renaming a file into an idle, watched folder until its rows are there

SETUP: kafka-postgres (without record topics), kafka-postgres-topics (with them), kafka-sqlite, embedded; default: all.

--check: fails if a limit is missed (SETUPS, MEMORY_MB below). --slack N: widens the time limits N times, for a machine
that has other work.

The disk figures are what `Disk` measures at the same time in the same folder (TMPDIR, by default /tmp). A file is calm
if the disk did not stall while the file was processed. The limit applies to calm files; if more than a tenth are not
calm, the result is not judged (exit 77). --in-memory: uses a disk in memory, which never stalls, so that only the work
of the program and the services is measured.
"""
import argparse
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
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import YTTERBY, Broker, Folder, MemoryDisk, Postgres, expect, may_mount, run, synthesize

CONSUMERS = ("prices", "patents", "policies", "articles")
WARM_UP = 300  # files sent in quick succession before the measured ones, so that the broker's code is compiled
# The options of Kafka's own scripts: their collector pauses the broker for less time than the one we use for
# short-lived test brokers, which pauses it for 20 ms. The compiler then runs for half a minute, as long as the
# steady-state measurement takes.
LONG_LIVED = {
    "KAFKA_JVM_PERFORMANCE_OPTS": "-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35"
}
MEMORY_MB = 200
STALL_SECONDS = 0.02  # for 4 KiB; a calm disk takes 0.4 to 4 ms
LAST_MANIFESTS = "SELECT " + ", ".join(f"(SELECT coalesce(max(id), 0) FROM {name}_manifest)" for name in CONSUMERS)


class Setup(NamedTuple):
    kafka: bool
    postgres: bool
    topics: bool
    sections: int  # the minimum per second
    milliseconds: float  # the maximum for 99 % of the files


SETUPS = {
    "kafka-postgres": Setup(True, True, False, 3000, 60),
    "kafka-postgres-topics": Setup(True, True, True, 1500, 60),
    "kafka-sqlite": Setup(True, False, False, 5000, 60),
    "embedded": Setup(False, False, False, 5000, 30),
}


class Whole:
    """`ytterby run` with a watched folder."""

    def __init__(self, stack, folder, setup):
        kafka, postgres, topics, *_ = SETUPS[setup]
        self.inbox = folder / "inbox"
        self.inbox.mkdir()
        address = stack.enter_context(Broker(folder)) if kafka else ""
        self.url = stack.enter_context(Postgres(folder)).url if postgres else ""
        self.topics = topics
        self.data = folder / "data"
        self.log = folder / "run.log"
        config = folder / "config.yaml"
        config.write_text(
            f"data_dir: {self.data}\nbrokers: '{address}'\nstore: '{self.url}'\nhttp:\n  listen: ''\n"
            f"record_topics: {'on' if topics else 'off'}\nfeeds:\n  - name: inbox\n    directory: {self.inbox}\n"
        )
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
            while (
                not (self.data / "store.db").exists()
                or "consum" not in self.log.read_text()
                and time.monotonic() < deadline
            ):
                self.expect_alive(deadline)
            self.db = sqlite3.connect(f"file:{self.data}/store.db?mode=ro", uri=True)

    def age(self):
        """Makes the server like one that has run for a while: its write-ahead log reuses existing files, while a new
        server has to create each."""
        cursor = self.db.cursor()
        for _ in range(20):
            cursor.execute("CREATE TABLE aging AS SELECT 1; DROP TABLE aging; SELECT pg_switch_wal()")
        cursor.execute("CHECKPOINT")

    def expect_alive(self, deadline):
        expect(
            self.process.poll() is None and time.monotonic() < deadline,
            f"the program ended or is late: {self.log.read_text()[-2000:]}",
        )

    def ask(self, question):
        cursor = self.db.cursor()
        cursor.execute(question)
        return cursor.fetchone()

    def sections(self):
        """For each consumer, the numbers of stored sections and of manifests received."""
        return self.ask(
            "SELECT "
            + ", ".join(
                f"(SELECT count(*) FROM {name}_{table})" for name in CONSUMERS for table in ("stored", "manifest")
            )
        )

    def watch(self):
        """Prepares the query for the last manifests."""
        if self.url:
            self.ask_last = "EXECUTE last_manifests"
            self.db.cursor().execute(f"PREPARE last_manifests AS {LAST_MANIFESTS}")
        else:
            self.ask_last = LAST_MANIFESTS

    def last_manifests(self):
        """A value per consumer that changes once it has completely stored a document; cheap to query."""
        return self.ask(self.ask_last)

    def dirty(self):
        return (
            self.ask("SELECT " + " + ".join(f"(SELECT count(*) FROM {name}_dirty)" for name in CONSUMERS))[0]
            if self.topics
            else 0
        )

    def end(self):
        if self.process.poll() is not None:
            return
        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())
        self.peak_mb = int(peak[1]) / 1000 if peak else 0
        self.process.terminate()
        self.process.wait(60)


class Disk:
    """Writes 4 KiB durably to the disk twenty times a second. The time this takes is not the program's work, but every
    durable write waits just as long."""

    def __init__(self, folder):
        self.file = os.open(folder / "probe", os.O_RDWR | os.O_CREAT, 0o600)
        os.write(self.file, bytes(4096))
        os.fsync(self.file)
        self.taken = []  # when each write began and ended
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while not self.stopping.wait(0.05):
            begin = time.monotonic()
            os.pwrite(self.file, b"y" * 4096, 0)
            os.fdatasync(self.file)
            self.taken.append((begin, time.monotonic()))

    def end(self):
        self.stopping.set()
        self.thread.join()
        os.close(self.file)

    def stalled(self, since, until):
        return any(begin < until and end > since and end - begin > STALL_SECONDS for begin, end in self.taken)


def percentiles(seconds):
    """The median, the 99th percentile and the maximum, in milliseconds."""
    ordered = sorted(seconds)
    return [ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 for share in (0.5, 0.99, 1)]


def steady(folder, setup, count, slack):
    """Prints a line; returns the limits that are missed."""
    with ExitStack() as stack:
        synthesize(folder / "documents", count)
        run("ingest", folder / "documents", "--data-dir", folder / "calm")
        calm = sqlite3.connect(folder / "calm" / "store.db")
        expected = calm.execute(
            "SELECT "
            + ", ".join(
                f"(SELECT count(*) FROM {name}_{table})" for name in CONSUMERS for table in ("stored", "manifest")
            )
        ).fetchone()
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
            time.sleep(0.1)  # counting is work for the server
        done = time.monotonic()
        whole.end()
        speed = (total - first[0]) / (done - first[1])
        print(f"{setup:22} {count:7} {total:9} {done - begin:9.2f} {speed:11.0f} {whole.peak_mb:8.0f}", flush=True)
        least = SETUPS[setup].sections / slack
        return ([f"{setup}: {speed:.0f} sections per second, fewer than {least:.0f}"] if speed < least else []) + (
            [f"{setup}: {whole.peak_mb:.0f} MB, more than {MEMORY_MB}"] if whole.peak_mb > MEMORY_MB else []
        )


def latency(folder, setup, count, slack):
    """Prints a line; returns the limits that are missed."""
    with ExitStack() as stack:
        synthesize(folder / "documents", count + WARM_UP)
        os.environ.update(LONG_LIVED)
        whole = Whole(stack, folder, setup)
        taken = []  # when each file was renamed, and when its rows were visible
        pause = random.Random(1)
        whole.watch()
        disk = None
        for path in sorted((folder / "documents").iterdir()):
            if len(taken) == WARM_UP:
                disk = Disk(folder)
            shutil.copy(path, whole.inbox.parent / "next")
            before = whole.last_manifests()
            begin = time.monotonic()
            (whole.inbox.parent / "next").rename(whole.inbox / path.name)
            while any(now <= then for now, then in zip(whole.last_manifests(), before)):
                whole.expect_alive(begin + 60)
                time.sleep(0.001)  # leaves the core to the processes at work
            taken.append((begin, time.monotonic()))
            time.sleep(pause.uniform(0.05, 0.2) if len(taken) > WARM_UP else 0.01)
        whole.end()
        disk.end()
        warm = taken[WARM_UP:]
        calm = [(begin, end) for begin, end in warm if not disk.stalled(begin, end)]
        figures = [
            figure for some in (warm, disk.taken) for figure in percentiles([end - begin for begin, end in some])
        ]
        print(
            f"{setup:22} {len(warm):7}" + "".join(f" {figure:8.1f}" for figure in figures) + f" {len(calm):7}",
            flush=True,
        )
        if len(calm) < 0.9 * len(warm):
            raise Unjudged(f"{setup}: the disk stalled during {len(warm) - len(calm)} of {len(warm)} files")
        most, figure = SETUPS[setup].milliseconds * slack, percentiles([end - begin for begin, end in calm])[1]
        return [f"{setup}: 99 % of the calm files took {figure:.1f} ms, more than {most:.1f}"] if figure > most else []


class Unjudged(Exception):
    pass


MEASURES = {
    "steady": (
        steady,
        2000,
        "setup                   issues  sections   seconds  sections/s  peak MB   "
        "(sections/s: from a tenth of them to all)",
    ),
    "latency": (
        latency,
        200,
        "setup                    files   median     99 %    worst     disk     99 %    worst    calm   "
        f"(milliseconds, after {WARM_UP} files of warm-up)",
    ),
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measure", choices=MEASURES)
    parser.add_argument("arguments", nargs="*", metavar="COUNT or SETUP")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--slack", type=float, default=1.0)
    parser.add_argument("--in-memory", action="store_true")
    asked = parser.parse_intermixed_args()
    measure, count, title = MEASURES[asked.measure]
    count = next((int(argument) for argument in asked.arguments if argument.isdigit()), count)
    setups = [argument for argument in asked.arguments if not argument.isdigit()] or list(SETUPS)
    if unknown := set(setups) - set(SETUPS):
        parser.error(f"{', '.join(unknown)}: one of {', '.join(SETUPS)}")
    print(title)
    misses, unjudged = [], []
    # Nothing is removed before the end: after many removals ext4 creates files nearby more slowly for minutes.
    with ExitStack() as stack:
        folder = stack.enter_context(Folder())
        folder.chmod(0o711)  # the server runs as another user
        if asked.in_memory:
            if not may_mount():
                print("SKIPPED: this user may not mount a file system")
                sys.exit(77)
            folder = stack.enter_context(MemoryDisk(folder, 4000)).path
        for number, setup in enumerate(setups):
            own = folder / str(number)
            own.mkdir()
            try:
                misses += measure(own, setup, count, asked.slack)
            except Unjudged as stalls:
                unjudged.append(str(stalls))
    if asked.check:
        print("\n".join(misses + unjudged) or "all limits are met")
        sys.exit(1 if misses else 77 if unjudged else 0)
