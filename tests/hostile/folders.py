#!/usr/bin/env python3
"""What could lie in a watched folder: each row puts one thing there and states what becomes of it. A document that lies
beside it is published at once, status and logs stay readable, and the folder ingested again adds nothing.

    folders.py           runs the table
    folders.py --rows    prints its rows, for the runbook
"""
import json
import os
import socket
import sqlite3
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

PUBLISHED, REJECTED, IGNORED = "published", "rejected", "ignored"

# Names of a sound document, as bytes.
NAMES = [
    ("a space", b"a b.txt"),
    ("spaces around", b" a .txt "),
    ("a line break", b"a\nb.txt"),
    ("a line break, escaped", b"a%0Ab.txt"),
    ("an escape of the escape", b"a%250Ab.txt"),
    ("a percent sign", b"100%.txt"),
    ("a carriage return", b"a\rb.txt"),
    ("a tab", b"a\tb.txt"),
    ("ESC", b"\x1b[31mred.txt"),
    ("a terminal's title", b"\x1b]0;owned\x07.txt"),
    ("C1, UTF-8", b"\xc2\x9bx.txt"),
    ("C1, alone", b"\x9bx.txt"),
    ("DEL", b"a\x7f.txt"),
    ("right to left", "a\u202etxt.exe".encode()),
    ("no UTF-8", b"\xff\xfe.txt"),
    ("no UTF-8, escaped", b"%FF%FE.txt"),
    ("half a character", b"\xe7\xa8.txt"),
    ("a surrogate", b"\xed\xa0\x80.txt"),
    ("Chinese", "稀土.txt".encode()),
    ("composed", "é.txt".encode()),
    ("decomposed", "e\u0301.txt".encode()),
    ("255 bytes", b"n" * 255),
    ("a quote", b"a'b.txt"),
    ("double quotes", b'a"b.txt'),
    ("a backslash", b"a\\b.txt"),
    ("a semicolon", b"a;b.txt"),
    ("SQL", b"'); DROP TABLE deliveries;--"),
    ("a formula", b"=cmd|' calc'!A0"),
    ("an option", b"--help"),
    ("a dash", b"-"),
    ("a star", b"*"),
    ("no ending", b"README"),
    ("another ending", b"a.exe"),
    ("a URL", b"https:example.org"),
    ("braces", b"{}{0}{name}.txt"),
    ("percent letters", b"%s%n%d.txt"),
]


def text(value):
    def make(path, sound):
        path.write_bytes(value(sound) if callable(value) else value)

    return make


def fifo(path, sound):
    os.mkfifo(path)


def listening(path, sound):
    server = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(path.parent)  # the path of a socket may be no longer than 107 bytes
    server.bind(path.name)
    os.chdir(here)
    server.close()


def folder_of(*inside):
    def make(path, sound):
        path.mkdir()
        for name in inside:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(sound)

    return make


def deep(path, sound):
    """So deep that its path is longer than a system call takes."""
    path.mkdir()
    here = os.getcwd()
    os.chdir(path)
    for _ in range(30):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    with open("a.txt", "wb") as file:
        file.write(sound)
    os.chdir(here)


# Things of a common name.
THINGS = [
    ("an empty file", "a.txt", text(b""), REJECTED),
    ("zero bytes", "a.txt", text(bytes(5000)), REJECTED),
    ("random bytes", "a.txt", text(bytes(i * 7919 % 251 for i in range(50_000))), REJECTED),
    ("a file of 40 MB", "a.txt", text(lambda sound: sound + b"\n" * 40_000_000), REJECTED),
    (
        "a sparse file of 1 TB",
        "a.txt",
        lambda path, _: os.truncate(os.open(path, os.O_CREAT | os.O_WRONLY), 2**40),
        REJECTED,
    ),
    ("a pipe", "a.txt", fifo, REJECTED),
    ("a socket", "a.txt", listening, REJECTED),
    ("a device", "a.txt", lambda path, _: os.symlink("/dev/zero", path), REJECTED),
    ("a link to nowhere", "a.txt", lambda path, _: os.symlink("nowhere", path), IGNORED),
    ("a link to itself", "a.txt", lambda path, _: os.symlink(path, path), IGNORED),
    ("a link to a file outside", "a.txt", lambda path, _: os.symlink("/etc/passwd", path), REJECTED),
    ("a link to its own folder", "a", lambda path, _: os.symlink(".", path), IGNORED),
    ("a hidden file", ".a.txt", text(lambda sound: sound), IGNORED),
    ("a hidden folder", ".a", folder_of("a.txt"), IGNORED),
    ("a part of an upload", "a.txt.part", text(lambda sound: sound), IGNORED),
    ("a temporary file", "a.txt.tmp", text(lambda sound: sound), IGNORED),
    ("a backup", "a.txt~", text(lambda sound: sound), IGNORED),
    ("an empty folder", "a", folder_of(), IGNORED),
    ("a folder with a document", "a", folder_of("b/c/d.txt"), PUBLISHED),
    ("a folder named as a document", "a.txt", folder_of("b.txt"), PUBLISHED),
    ("folders too deep for a path", "a", deep, REJECTED),
]

if "--rows" in sys.argv:
    for name, _ in NAMES:
        print(f"name: {name}\t{PUBLISHED}")
    for name, _, _, answer in THINGS:
        print(f"{name}\t{answer}")
    sys.exit(0)

from daemon import Daemon
from ytterby_test import HARMFUL, SLACK, SOURCE, Folder, expect, run, until


def answers(data):
    """What became of the names that were seen: each row's folder, and whether it is published or rejected."""
    with sqlite3.connect(data / "archive" / "deliveries.db") as records:
        published = [name for (name,) in records.execute("SELECT name FROM deliveries WHERE set_aside IS NULL")]
        rejected = [name for (name,) in records.execute("SELECT name FROM rejections")]
    expect(len(set(published)) == len(published), "two files have one name")
    return {name.split("/")[0]: PUBLISHED for name in published} | {name.split("/")[0]: REJECTED for name in rejected}


with Folder() as folder:
    sound = (SOURCE / "ops" / "samples" / "2023-09-ocr-markup.md").read_bytes()
    rows = [(f"name: {name}", value, text(lambda sound: sound), PUBLISHED) for name, value in NAMES]
    rows += [(name, value.encode(), make, answer) for name, value, make, answer in THINGS]
    daemon = Daemon(folder / "daemon", "run", feed=True)
    wrong = []
    try:
        daemon.await_ready()
        for number, (name, value, make, _) in enumerate(rows):
            place = folder / "made" / f"row{number:03}"
            place.mkdir(parents=True)
            make(place / os.fsdecode(value), sound + f"\n{number}\n".encode())
            place.rename(daemon.inbox / place.name)
        (daemon.inbox / "last.md").write_bytes(sound + b"\nlast\n")
        data = folder / "daemon" / "data"
        expected = {f"row{number:03}": answer for number, (*_, answer) in enumerate(rows) if answer != IGNORED}
        until(
            "the document beside them is not published", lambda: "last.md" in answers(data), daemon.process, daemon.log
        )
        deadline = time.monotonic() + 10 * SLACK
        while not expected.keys() <= answers(data).keys() and time.monotonic() < deadline:
            time.sleep(0.05)
        seen = answers(data)
        for number, (name, _, _, answer) in enumerate(rows):
            got = seen.get(f"row{number:03}", IGNORED)
            if got != answer:
                wrong.append(f"{name}: {got}, not {answer}")
        config = ("--config", daemon.config)
        for said in (daemon.text(), *run("status", *config), *run("status", "--json", *config)):
            if any(harm in said for harm in HARMFUL):
                wrong.append(f"a control character reaches the terminal: {said[:300]!r}")
        rejected = json.loads(run("status", "--json", *config)[0])["documents"]["rejected"]
        expect(daemon.process.poll() is None, daemon.text()[-2000:])
        daemon.stop()
        # Read again by another feed, a one-shot one.
        first = run("ingest", daemon.inbox, "--data-dir", data, code=65)[0]
        again = run("ingest", daemon.inbox, "--data-dir", data, code=65)[0]
        if "documents: 0 new" not in again:
            wrong.append(f"ingested again: {again}")
    finally:
        daemon.kill()
    expect(not wrong, f"{len(wrong)} answers of {len(rows)} rows:\n" + "\n".join(wrong))
    print(f"{len(rows)} hostile files, each with its stated answer")
