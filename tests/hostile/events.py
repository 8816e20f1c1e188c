#!/usr/bin/env python3
"""Section events that anything could have put on the log: each row changes one event and states the answer. Whatever it
is, other issues are stored and exported as if the event were sound, every export is readable, and nothing ends.

    events.py           runs the table
    events.py --rows    prints its rows, for the runbook
"""
import copy
import json
import shutil
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

STORED, LETTER = "stored", "dead letter"
GONE = object()

# The fields of a section event, with values that are none of theirs.
TEXT_LIKE = [GONE, None, 7, 1.5, [], {}, True]
WHOLE_LIKE = [GONE, None, "x", 1.5, [], {}, True]
SPAN_LIKE = [
    GONE,
    None,
    7,
    "x",
    {},
    [],
    [1],
    ["a", "b"],
    [-1, 2],
    [5, 4],
    [0, 2**40],
    [0, 2**63],
    [10**9, 10**9 + 1],
]
FIELDS = {
    "document": TEXT_LIKE + ["", "zz", "00" * 31, "00" * 33],
    "text_digest": TEXT_LIKE + ["", "zz", "00" * 31],
    "splitter_version": WHOLE_LIKE + [-1, 2**40, 2**63],
    "series": TEXT_LIKE + ["", "another"],
    "issue": TEXT_LIKE + ["", "another"],
    "ordinal": WHOLE_LIKE + [-1, 2**40],
    "category": TEXT_LIKE + ["", "gossip", "MARKET"],
    "layout": [GONE, None, 7, "x", []],
    "document_span": SPAN_LIKE,
    "furniture": [GONE, None, 7, "x", {}, [7], [[1]], [[5, 4]], [[0, 2**40]]],
    "title": TEXT_LIKE,
    "title_span": SPAN_LIKE,
    "body_span": SPAN_LIKE,
    "source_span": [7, "x", {}, [1], [5, 4], [0, 2**40]],
    "notices": [
        GONE,
        None,
        7,
        "x",
        {},
        [7],
        [{}],
        [{"check": "c", "severity": "info", "message": "m", "span": [9, 2]}],
    ],
    "text": TEXT_LIKE + [""],
}


def name_of(value):
    return "missing" if value is GONE else json.dumps(value)


def changed(event, field, value):
    event = copy.deepcopy(event)
    if value is GONE:
        event.pop(field, None)
    else:
        event[field] = value
    return json.dumps(event, ensure_ascii=False).encode()


def rows_of(event):
    """(name, value bytes, answer)."""
    for field, values in FIELDS.items():
        for value in values:
            answer = STORED if (field, value) == ("document_span", [10**9, 10**9 + 1]) else LETTER
            yield f"{field}: {name_of(value)}", changed(event, field, value), answer
    text = event["text"]
    cut = next(at for at, byte in enumerate(text.encode()) if byte & 0xC0 == 0x80 and at > event["body_span"][0])
    for field in ("title_span", "body_span", "source_span"):
        yield f"{field}: begins within a character", changed(event, field, [cut, len(text.encode())]), LETTER
        yield f"{field}: ends within a character", changed(event, field, [0, cut]), LETTER
        yield f"{field}: ends behind the text", changed(event, field, [0, len(text.encode()) + 1]), LETTER
    yield "furniture: cuts a character", changed(event, "furniture", [[cut, cut + 1]]), LETTER
    notice = {"check": "c", "severity": "info", "message": "m", "span": [cut, cut + 1]}
    yield "notices: a span cuts a character", changed(event, "notices", [notice]), LETTER
    whole = json.dumps(event, ensure_ascii=False).encode()
    for share in (0, 1, 2, 3, 5, 8, 9):
        yield f"value: the first {share} tenths", whole[: len(whole) * share // 10], LETTER
    for name, value in (
        ("no JSON", b"poison"),
        ("a list", b"[]"),
        ("a number", b"7"),
        ("null", b"null"),
        ("an empty object", b"{}"),
        ("a byte order mark before it", b"\xef\xbb\xbf" + whole),
        ("another object behind it", whole + b"{}"),
        ("white space around it", b"\n " + whole + b" \n"),
        ("a byte that is no UTF-8", whole.replace(b'"text": "', b'"text": "\xff')),
        ("half a surrogate pair", whole.replace(b'"text": "', b'"text": "\\ud83d')),
        ("a NUL byte", whole.replace(b'"text": "', b'"text": "\x00')),
        ("an unclosed text", whole[:-3]),
        ("2,000 levels of lists", b'{"a":' + b"[" * 2000 + b"]" * 2000 + b"," + whole[1:]),
    ):
        answer = STORED if name == "white space around it" else LETTER
        yield f"value: {name}", value, answer
    # Control characters and formulas are content: they are stored, and no terminal or spreadsheet runs them.
    for name, inserted in (
        ("ESC", "\x1b]0;owned\x07\x1b[31m"),
        ("C1", "\u009b31m"),
        ("bidirectional", "\u202egnp.exe\u202c"),
        ("a formula", "=cmd|' /C calc'!A0"),
    ):
        yield f"title: {name}", changed(event, "title", inserted + event["title"]), STORED


if "--rows" in sys.argv:
    sample = {
        "body_span": [6, 12],
        "title_span": [0, 6],
        "text": "标题\n正文正文",
        "title": "标题",
        "source_span": None,
        "notices": [],
        "furniture": [],
    }
    for name, _, answer in rows_of(sample):
        print(f"{name}\t{answer}")
    sys.exit(0)

from ytterby_test import HARMFUL, SOURCE, Folder, expect, export_all, run


def others(exports, issue):
    """The exported lines of all issues but this one."""
    return {
        name: [line for line in text.decode().splitlines() if json.loads(line)["issue"] != issue]
        for name, text in exports.items()
    }


with Folder() as folder:
    samples = sorted(p for p in (SOURCE / "ops" / "samples").iterdir() if p.name != "README.md")
    run("ingest", *samples, "--data-dir", folder / "sound")
    sound = export_all(folder / "sound", folder / "sound-out")
    log = sqlite3.connect(folder / "sound" / "log.db")
    log.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # A section that has everything: a source, prices, records of two consumers.
    place, event = next(
        (row, value)
        for row, value in (
            (row, json.loads(value))
            for row, value in log.execute("SELECT id, value FROM records")
            if b'"category":"market"' in value
        )
        if value.get("source_span")
    )
    log.close()
    issue = event["issue"]
    rows = list(rows_of(event))
    wrong = []
    for number, (name, value, answer) in enumerate(rows):
        data = folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        shutil.copytree(folder / "sound" / "archive", data / "archive")
        shutil.copy(folder / "sound" / "log.db", data)
        log = sqlite3.connect(data / "log.db")
        # As its producer would have written it, checksum and all.
        log.execute("UPDATE records SET value = ?, checksum = NULL WHERE id = ?", (value, place))
        log.commit()
        log.close()
        # Everything is published already: this runs the consumers. 65 where they set something aside.
        out, err = run("ingest", *samples, "--data-dir", data, code=None)
        exports = export_all(data, folder / "out")
        letters = run("dead-letters", "list", "--data-dir", data, "--json")[0].count("\n")
        status, _ = run("status", "--data-dir", data)
        findings, _ = run("findings", "--data-dir", data)
        got = LETTER if letters == 2 else STORED if letters == 0 else f"{letters} dead letters"
        if got != answer:
            wrong.append(f"{name}: {got}, not {answer}")
        if others(exports, issue) != others(sound, issue):
            wrong.append(f"{name}: other issues are exported differently")
        if any(harm in text for harm in HARMFUL for text in (out, err, status, findings)):
            wrong.append(f"{name}: a control character reaches the terminal")
    expect(not wrong, f"{len(wrong)} of {len(rows)} rows:\n" + "\n".join(wrong))
    print(f"{len(rows)} hostile events, each with its stated answer")
