#!/usr/bin/env python3
"""Damage on disk under a running process: the signals name the part that is damaged, and the others go on."""
import hashlib
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from daemon import Daemon, lines_during
from ytterby_test import Folder, expect, run, synthesize, until


def archive_cannot_write(daemon, document):
    """The archive is blamed, not the log that comes after it; with its folder back, the document goes through."""
    before = daemon.stored()
    digest = hashlib.sha256(document.read_bytes()).hexdigest()
    in_the_way = daemon.folder / "data" / "archive" / digest[:2]
    expect(not in_the_way.exists(), f"another document of the test is in {in_the_way}")
    in_the_way.write_text("no folder")
    daemon.offer(document)
    daemon.await_trouble("archive")
    _, checks = daemon.checks()
    expect(str(in_the_way) in checks["archive"], checks)
    expect(daemon.up("archive") == 0 and daemon.up("log") == 1 and daemon.up("store") == 1, checks)
    expect(daemon.metric('ytterby_errors_total{stage="append",type="retriable"}') == 0, "the log is blamed")
    lines = lines_during(daemon, 2)
    expect(len(lines) <= 1, f"a line for each retry: {lines}")
    in_the_way.unlink()
    daemon.await_line(r"archive: back after")
    daemon.await_ready()
    until("the document is not stored", lambda: daemon.stored() > before, daemon.process, daemon.log)


def log_is_damaged(daemon, folder):
    """A changed digit in an event of one topic: the consumers that read it stop before it and name file and event; the
    others store all they have."""
    daemon.stop()
    with sqlite3.connect(folder / "first" / "data" / "log.db") as log:
        [(row, value)] = log.execute(
            "SELECT r.id, r.value FROM records r JOIN topics t ON t.id = r.id >> 50 "
            "WHERE t.name = 'bulletin.sections.patent-briefs' ORDER BY r.id LIMIT 1"
        ).fetchall()
        log.execute("UPDATE records SET value = ? WHERE id = ?", (value.replace(b"1", b"7", 1), row))
    # A new store, so that the consumers read from the beginning.
    daemon.flags = ("--store", f"sqlite:{folder}/first/new.db")
    daemon.start("run")
    until(
        "nothing names the damaged event",
        lambda: "bulletin.sections.patent-briefs" in (daemon.checks()[1]["log"] or ""),
        daemon.process,
        daemon.log,
    )

    def only_the_log_is_blamed():
        _, checks = daemon.checks()
        stopped = all("log.db" in (checks[part] or "") for part in ("log", "consumer patents", "consumer articles"))
        return stopped and (daemon.up("log"), daemon.up("store"), daemon.up("archive")) == (0, 1, 1)

    until("the log alone is not blamed", only_the_log_is_blamed, daemon.process, daemon.log)
    for consumer in ("prices", "policies"):
        until(f"{consumer} did not go on", lambda: daemon.lag(consumer) == 0, daemon.process, daemon.log)
    expect(daemon.lag("patents") > 0, "the damaged event was passed over")
    quiet = lines_during(daemon, 2)
    expect(len(quiet) <= 1, f"said again and again: {quiet}")
    expect(daemon.process.poll() is None, daemon.text()[-2000:])
    first = run("export", "prices", "--data-dir", folder / "first" / "data")[0]
    again = run("export", "prices", "--store", daemon.flags[1])[0]
    expect(first and first == again, "the prices differ")


with Folder() as folder:
    documents = sorted(synthesize(folder / "documents", 3).iterdir())
    daemon = Daemon(folder / "first", "run", feed=True)
    try:
        daemon.await_ready()
        daemon.offer_and_await(documents[0])
        archive_cannot_write(daemon, documents[1])
        log_is_damaged(daemon, folder)
        daemon.stop()
    finally:
        daemon.kill()
    print("damage is named where it is, and stops nothing else")
