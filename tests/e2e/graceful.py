#!/usr/bin/env python3
"""Graceful operation: a process told to stop drains, one told to reload reloads. Trouble with the machine (a full disk,
a read-only disk, a clock set back between runs or during one, few open files, unreadable files) is reported clearly and
ends once it is fixed."""
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import (
    SECTION_TOPICS,
    SLACK,
    YTTERBY,
    Broker,
    Folder,
    MemoryDisk,
    expect,
    expect_same,
    export_all,
    http_get,
    may_mount,
    read_topics,
    run,
    synthesize,
    until,
)

LIMIT = 60


class Daemon:
    """`ytterby run` with the feed folder/inbox and its data in folder/data or elsewhere."""

    def __init__(self, folder, prefix=(), env=None, **keys):
        self.folder, self.prefix, self.env = folder, prefix, {**os.environ, **(env or {})}
        self.data = keys.pop("data_dir", folder / "data")
        self.inbox, self.log, self.config = folder / "inbox", folder / "log", folder / "config.yaml"
        self.inbox.mkdir(exist_ok=True)
        self.write_config(**keys)

    def write_config(self, feeds=("inbox",), **keys):
        lines = [
            f"{key}: {value}" for key, value in {"data_dir": self.data, "http": "{listen: 127.0.0.1:0}", **keys}.items()
        ]
        lines += ["feeds:"] + [
            f"  - {{name: {name}, directory: {self.folder / name}, settle_ms: 50}}" for name in feeds
        ]
        self.config.write_text("\n".join(lines) + "\n")

    def __enter__(self):
        begun = self.text().count("working:")
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [*self.prefix, YTTERBY, "run", "--config", self.config], stdout=log, stderr=log, env=self.env
            )
        until(
            "it does not start working: " + self.text()[-500:],
            lambda: self.text().count("working:") > begun or self.process.poll() is not None,
        )
        expect(self.process.poll() is None, f"it ended: {self.text()[-1000:]}")
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def text(self):
        return self.log.read_text() if self.log.exists() else ""

    def says(self, *words):
        for word in words:
            until(f"it does not log {word!r}: {self.text()[-1500:]}", lambda: word in self.text())
            expect(self.process.poll() is None, f"it ended: {self.text()[-1000:]}")

    def put(self, *paths):
        for path in paths:
            part = self.inbox / f".{path.name}"
            part.write_bytes(path.read_bytes())
            part.rename(self.inbox / path.name)

    def stored(self):
        """How many documents all consumers know."""
        try:
            store = sqlite3.connect(f"file:{self.data}/store.db?mode=ro", uri=True)
            counts = [
                store.execute(f"SELECT count(*) FROM {name}_manifest").fetchone()[0]
                for name in ("prices", "patents", "policies", "articles")
            ]
            store.close()
            return min(counts)
        except sqlite3.Error:
            return 0

    def readiness(self):
        """The status and body of /readyz."""
        port = re.findall(r"HTTP on port (\d+)", self.text())[-1]
        return http_get(port, "/readyz")

    def await_unready(self, *words):
        until(
            f"/readyz does not say {words}: {self.readiness()}",
            lambda: self.readiness()[0] == 503 and all(word in self.readiness()[1] for word in words),
        )

    def await_ready(self):
        until(f"/readyz does not become ready: {self.readiness()}", lambda: self.readiness()[0] == 200)

    def await_complete(self):
        """On Kafka a manifest may be stored before the sections that it lists."""
        waiting = lambda: [
            edition
            for consumer in json.loads(run("status", "--config", self.config, "--json")[0])["store"]["consumers"]
            for edition in consumer["waiting"]
        ]
        until(f"sections are not stored: {self.text()[-1500:]}", lambda: not waiting())

    def await_stored(self, count):
        until(f"{count} documents are not stored: {self.text()[-1500:]}", lambda: self.stored() >= count)

    def stop(self):
        begin = time.monotonic()
        self.process.terminate()
        expect(self.process.wait(LIMIT) == 0, f"stopped with {self.process.returncode}: {self.text()[-1000:]}")
        return time.monotonic() - begin


def sigterm_drains(folder, documents):
    """Told to stop while it works, it exits with 0 within its limit; the next start does not repeat acknowledged
    appends."""
    with Daemon(folder) as daemon:
        daemon.put(*documents)
        # The first line of a hundred: nearly all of the work is still to do, however fast the machine.
        until("nothing is published", lambda: "published" in daemon.text())
        seconds = daemon.stop()
        expect(seconds < 12 * SLACK, f"it took {seconds:.1f} s to stop")
    before = daemon.stored()
    expect(before < len(documents), "it had finished before the stop")
    with Daemon(folder) as daemon:
        daemon.await_stored(len(documents))
        daemon.stop()
    log = sqlite3.connect(folder / "data" / "log.db")
    records, distinct = log.execute("SELECT count(*), count(DISTINCT value) FROM records").fetchone()
    log.close()
    expect(records == distinct, f"{records - distinct} events were appended again after a stop")
    print(f"stopped after {before} of {len(documents)} documents in {seconds:.2f} s; nothing was appended again")


def sigterm_drains_on_kafka(folder, documents, calm):
    with Broker(folder) as address:
        run("topics", "apply", "--brokers", address)
        keys = {"brokers": address, "record_topics": "off"}
        with Daemon(folder, **keys) as daemon:
            daemon.put(*documents)
            until("nothing is published", lambda: "published" in daemon.text())
            daemon.stop()
        with Daemon(folder, **keys) as daemon:
            daemon.await_stored(len(documents))
            daemon.await_complete()
            daemon.stop()
        events = [
            headers["ce_id"] for _, headers, _ in read_topics(address, "bulletin.documents")["bulletin.documents"]
        ]
        expect(
            len(events) == len(set(events)) == len(documents), f"{len(events)} manifests of {len(documents)} documents"
        )
        sections = [
            headers["ce_id"] for topic in SECTION_TOPICS for _, headers, _ in read_topics(address, topic)[topic]
        ]
        expect(
            len(sections) == len(set(sections)) == 16 * len(documents),
            f"{len(sections)} sections, {len(set(sections))} different ones",
        )
        expect_same(calm, export_all(daemon.data, folder / "out"), "after a stop during work")


def sighup_reloads(folder, documents):
    (folder / "second").mkdir()
    with Daemon(folder) as daemon:
        daemon.write_config(feeds=("inbox", "second"), log_level="debug", record_topics="on")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.says("reloaded: log_level, feeds", "needs a restart: record_topics")
        for name, document in zip(("inbox", "second"), documents):
            (folder / "new").write_bytes(document.read_bytes())
            (folder / "new").rename(folder / name / document.name)
        daemon.await_stored(2)
        daemon.config.write_text("feeds: 7\n")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.says("nothing was changed")
        daemon.put(documents[2])
        daemon.await_stored(3)
        # Limits are reloaded too, and a document too large for the old limit passes under the new one.
        daemon.write_config(
            feeds=("inbox", "second"), log_level="debug", limits="{max_document_bytes: 1000}", stop_timeout_s=3
        )
        daemon.process.send_signal(signal.SIGHUP)
        daemon.says("limits.max_document_bytes", "stop_timeout_s")
        daemon.put(documents[3])
        daemon.says(f"{documents[3].name}: rejected (too-large)", "above max_document_bytes (1000)")
        daemon.write_config(feeds=("inbox", "second"), log_level="debug", stop_timeout_s=3)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.await_stored(4)
        daemon.says(f"{documents[3].name}: published")
        warned = daemon.text().count("needs a restart: record_topics")
        daemon.write_config(feeds=("inbox", "second"), log_level="warn", record_topics="on")
        daemon.process.send_signal(signal.SIGHUP)
        until("the warning is not logged", lambda: daemon.text().count("needs a restart: record_topics") > warned)
        daemon.put(documents[4])
        daemon.await_stored(5)
        daemon.stop()
        expect(f"{documents[4].name}: published" not in daemon.text(), "the log level was not reloaded")


def a_second_signal(folder, documents):
    """While the broker is away, a stopping process waits for its acknowledgements until the limit. After a second
    signal it ends at once. The next start finishes from the archive in both cases."""
    broker = Broker(folder)
    with broker as address:
        run("topics", "apply", "--brokers", address)
        keys = {"brokers": address, "record_topics": "off", "stop_timeout_s": 4, "kafka": "{session.timeout.ms: 6000}"}
        done = 0
        for signals, code in ((1, 0), (2, 75)):
            with Daemon(folder, **keys) as daemon:
                daemon.await_stored(done)
                daemon.await_ready()  # the feed has compared the archive with the log
                broker.stop("--kill")
                before = archived(daemon.data)
                daemon.put(*documents[done : done + 6])
                done += 6
                until("nothing is archived", lambda: archived(daemon.data) > before)
                heard = daemon.text().count('"stopping"')
                daemon.process.terminate()
                until("it does not stop", lambda: daemon.text().count('"stopping"') > heard)
                begin = time.monotonic()
                if signals == 2:
                    daemon.process.terminate()
                expect(daemon.process.wait(LIMIT) == code, f"it ended with {daemon.process.returncode}")
                seconds = time.monotonic() - begin
                expect(
                    seconds < 2 * SLACK if signals == 2 else 3 < seconds < 8 * SLACK,
                    f"{signals} signals: it took {seconds:.1f} s",
                )
            broker.start()
        with Daemon(folder, **keys) as daemon:
            daemon.await_stored(done)
            daemon.stop()
    run("ingest", *documents, "--data-dir", folder / "calm")
    expect_same(
        export_all(folder / "calm", folder / "calm-out"), export_all(daemon.data, folder / "out"), "after two signals"
    )


def archived(data):
    archive = sqlite3.connect(f"file:{data}/archive/deliveries.db?mode=ro", uri=True)
    try:
        return archive.execute("SELECT count(*) FROM deliveries").fetchone()[0]
    finally:
        archive.close()


def second_instance(folder):
    with Daemon(folder) as daemon:
        _, err = run("run", "--config", daemon.config, code=75)
        expect(str(daemon.process.pid) in err, f"the message does not name the holder: {err}")
        daemon.stop()


def full_disk(folder, documents, calm):
    with MemoryDisk(folder, 16) as disk, Daemon(folder, data_dir=disk.path / "data") as daemon:
        daemon.put(*documents)
        until(
            f"the log does not mention the full disk: {daemon.text()[-1500:]}",
            lambda: "No space left" in daemon.text() or "full" in daemon.text(),
        )
        stuck = daemon.stored()
        expect(stuck < len(documents), "the disk never became full")
        daemon.await_unready(str(disk.path), "full")
        disk.remount("size=500m")
        daemon.await_stored(len(documents))
        daemon.await_ready()
        expect(daemon.process.poll() is None, "it was restarted")
        expect_same(calm, export_all(daemon.data, folder / "out"), "after a full disk")
        daemon.stop()
        print(f"disk full after {stuck} of {len(documents)} documents; with more room it went on by itself")


def disk_that_may_not_be_written(folder, documents, calm):
    with MemoryDisk(folder, 500) as disk:
        run("ingest", *documents[:2], "--data-dir", disk.path / "data")
        before = export_all(disk.path / "data", folder / "before")
        disk.remount("ro")
        expect_same(before, export_all(disk.path / "data", folder / "meanwhile"), "from a read-only disk")
        for command in (
            ("ingest", documents[2]),
            ("export", "prices", "--output", disk.path / "out"),
            ("topics", "apply"),
        ):
            done = subprocess.run(
                [YTTERBY, *command, "--data-dir", disk.path / "data"], capture_output=True, text=True, timeout=LIMIT
            )
            expect(
                done.returncode in (73, 74) and "ead-only" in done.stderr,
                f"{command[0]}: {done.returncode}: {done.stderr}",
            )
        disk.remount("rw")
        run("ingest", *documents, "--data-dir", disk.path / "data")
        expect_same(calm, export_all(disk.path / "data", folder / "out"), "after the disk was read-only")


def disk_that_turns_read_only(folder, documents, calm):
    """The file system turns read-only under a running process with open files, as after an I/O error. It must be
    unmounted to recover."""
    subprocess.run(["truncate", "-s", "300M", folder / "image"], check=True)
    subprocess.run(["mkfs.ext4", "-q", folder / "image"], check=True)
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-o", "loop", folder / "image", disk]
    subprocess.run(mount, check=True)
    try:
        with Daemon(folder, data_dir=disk / "data") as daemon:
            daemon.put(*documents[:6])
            daemon.await_stored(6)
            subprocess.run(["mount", "-o", "remount,abort", disk], check=True)
            daemon.put(*documents[6:])
            daemon.says("Read-only file system")
            daemon.await_unready(str(disk), "ead-only")
            daemon.stop()
        subprocess.run(["umount", disk], check=True)
        subprocess.run(mount, check=True)
        with Daemon(folder, data_dir=disk / "data") as daemon:
            daemon.await_stored(len(documents))
            daemon.await_ready()
            daemon.stop()
        expect_same(calm, export_all(daemon.data, folder / "out"), "after the disk turned read-only")
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def clock_goes_back(folder, documents, calm):
    """The clock goes back a day between runs: relay leases from the future delay nothing, and no value changes."""
    for shift, some in ((86_400, documents[:5]), (0, documents)):
        begin = time.monotonic()
        (folder / "config.yaml").write_text(f"data_dir: {folder}/data\nrecord_topics: on\n")
        run("ingest", *some, "--config", folder / "config.yaml", env={"YTTERBY_CLOCK_SHIFT": str(shift)})
        expect(time.monotonic() - begin < 30, "an ingest waited for a lease from the future")
    expect_same(calm, export_all(folder / "data", folder / "out"), "after the clock went back")


def clock_goes_back_meanwhile(folder, documents, calm):
    """The clock goes back a day under a running process: it keeps reading, storing and publishing, and the exports are
    the same."""
    (folder / "clock").write_text("+0\n")
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    clock = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with Daemon(folder, env=clock, record_topics="on") as daemon:
        daemon.put(*documents[:6])
        daemon.await_stored(6)
        days = lambda: {line[len("ts=") :][:10] for line in daemon.text().splitlines() if " published" in line}
        today = days()
        (folder / "clock").write_text("-1d\n")
        daemon.put(*documents[6:])
        daemon.await_stored(len(documents))
        expect(min(days()) < min(today), f"the clock did not go back: {days()}")
        until("not everything is published on the record topics", lambda: not dirty(daemon.data))
        daemon.stop()
    expect_same(calm, export_all(daemon.data, folder / "out"), "after the clock went back under a running process")


def dirty(data):
    store = sqlite3.connect(f"file:{data}/store.db?mode=ro", uri=True)
    try:
        return sum(
            store.execute(f"SELECT count(*) FROM {name}_dirty").fetchone()[0]
            for name in ("prices", "patents", "policies", "articles")
        )
    finally:
        store.close()


def few_open_files(folder, documents, calm):
    done = subprocess.run(
        ["prlimit", "--nofile=16", YTTERBY, "ingest", *documents, "--data-dir", folder / "none"],
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    expect(done.returncode in (71, 74) and "open files" in done.stderr, f"{done.returncode}: {done.stderr}")
    with Daemon(folder) as daemon:
        # Limit it to the files that are open now: none is left for a document.
        used = max(map(int, os.listdir(f"/proc/{daemon.process.pid}/fd"))) + 1
        subprocess.run(["prlimit", f"--nofile={used}:4096", "--pid", str(daemon.process.pid)], check=True)
        daemon.put(*documents)
        daemon.says("open files")
        subprocess.run(["prlimit", "--nofile=4096:4096", "--pid", str(daemon.process.pid)], check=True)
        daemon.await_stored(len(documents))
        daemon.stop()
    expect_same(calm, export_all(daemon.data, folder / "out"), "after a low limit on open files")


def files_of_somebody_else(folder, documents, calm):
    """Runs as a user who may not read everything: unreadable files are reported, and taken once they are readable."""
    folder.chmod(0o711)
    for name in ("inbox", "data"):
        (folder / name).mkdir()
    (folder / "data").chmod(0o777)
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]
    with Daemon(folder, prefix=nobody) as daemon:
        daemon.put(*documents[:2])
        for path in documents[2:]:
            (folder / "secret").write_bytes(path.read_bytes())
            (folder / "secret").chmod(0)
            (folder / "secret").rename(daemon.inbox / path.name)
        daemon.await_stored(2)
        daemon.says("unreadable", documents[2].name)
        status, _ = run("status", "--data-dir", daemon.data)
        expect(documents[2].name in status and "unreadable" in status, status)
        for path in documents[2:]:
            (daemon.inbox / path.name).chmod(0o644)
        daemon.await_stored(len(documents))
        status, _ = run("status", "--data-dir", daemon.data)
        expect("unreadable" not in status, status)
        daemon.stop()
    expect_same(calm, export_all(daemon.data, folder / "out"), "after some files were unreadable")


def section(name, test, *args):
    with Folder() as folder:
        begin = time.monotonic()
        test(folder, *args)
        print(f"{name}: {time.monotonic() - begin:.1f} s", flush=True)


def may_mount_files():
    return may_mount() and subprocess.run(["losetup", "--find"], capture_output=True).returncode == 0


chosen = sys.argv[1:]
skipped = False
with Folder() as source:
    source.chmod(0o711)
    documents = sorted(synthesize(source / "documents", 100, 14000).iterdir())
    few = documents[:12]
    calm = {}
    for name, some in (("all", documents), ("few", few)):
        run("ingest", *some, "--data-dir", source / name)
        calm[name] = export_all(source / name, source / f"{name}-out")
    for test, *args in (
        (sigterm_drains, documents),
        (sigterm_drains_on_kafka, documents, calm["all"]),
        (sighup_reloads, few),
        (a_second_signal, few),
        (second_instance,),
        (full_disk, documents, calm["all"]),
        (disk_that_may_not_be_written, few, calm["few"]),
        (disk_that_turns_read_only, few, calm["few"]),
        (clock_goes_back, few, calm["few"]),
        (clock_goes_back_meanwhile, few, calm["few"]),
        (few_open_files, few, calm["few"]),
        (files_of_somebody_else, few, calm["few"]),
    ):
        if (
            test in (full_disk, disk_that_may_not_be_written)
            and not may_mount()
            or test == disk_that_turns_read_only
            and not may_mount_files()
        ):
            print(f"{test.__name__}: SKIPPED, this user may not mount this file system")
            skipped = True
        elif not chosen or test.__name__ in chosen:
            section(test.__name__.replace("_", " "), test, *args)
sys.exit(77 if skipped else 0)  # ctest reports it as skipped
