#!/usr/bin/env python3
"""Poison messages on the embedded log and on Kafka with PostgreSQL: they are set aside with their bytes, counted,
listed, shown, sent again and waived; nothing else waits for them."""
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import YTTERBY, Broker, Folder, Postgres, expect, expect_same, export_all, metrics, run, synthesize


def letters(*flags):
    """Each listed line as words, without the age: id, consumer, stage, state, …"""
    out, _ = run("dead-letters", "list", *flags)
    lines = out.splitlines()
    expect(lines[-1] == f"{len(lines) - 1} dead letters", out)
    return [words[:4] + words[6:] for words in map(str.split, lines[:-1])]


def expect_waiting(command, labels, count, *flags):
    """Expects that a daemon's metrics show how many letters wait and the growing age of the oldest."""
    process = subprocess.Popen([YTTERBY, command, *flags, "--http", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    try:
        port = None
        for line in process.stderr:
            if "HTTP on port" in line:
                port = line.split("port ")[1].split(":")[0]
            if "working:" in line:
                break
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            values = metrics(port)
            waiting = values.get(f"ytterby_dead_letters_waiting{labels}")
            if not waiting and count:
                continue  # it is 0 until the daemon has counted them
            expect(waiting == count, f"{waiting} letters wait, not {count}")
            oldest = values[f"ytterby_dead_letters_oldest_seconds{labels}"]
            if (oldest > 1) if count else (oldest == 0):
                return
        sys.exit(f"FAILED: no metric of waiting letters {labels}, or it does not grow")
    finally:
        process.terminate()
        process.stderr.read()
        process.wait(timeout=60)


def handle(folder, data, flags, poison):
    """Handles `poison` unreadable messages, each appended to a topic that prices and articles read."""
    got = letters(*flags)
    expect(sorted(line[1] for line in got) == sorted(["prices", "articles"] * poison), f"{got}")
    expect(all(line[2] == "decode" and line[3] == "open" for line in got), f"{got}")
    expect(
        len(letters(*flags, "--consumer", "prices")) == poison
        and letters(*flags, "--topic", "bulletin.documents") == [],
        "wrong letters pass the filters",
    )
    expect(
        letters(*flags, "--topic", "bulletin.sections.market") == got and letters(*flags, "--older-than", "0") == got,
        "filters that every letter passes leave some out",
    )
    expect(letters(*flags, "--older-than", "86400") == [], "letters younger than a day are listed as older")
    out, _ = run("dead-letters", "list", "--count", *flags)
    expect(f"{2 * poison} dead letters" in out and "oldest" in out, out)
    first = got[0][0]
    out, _ = run("dead-letters", "show", first, *flags)
    expect("no event at all" in out and "state     open, 1 attempts" in out, out)
    run("dead-letters", "show", "ffffffffffff", *flags, code=66)
    run("dead-letters", "retry", *flags, code=64)
    expect_waiting("consume", '{consumer="prices",stage="decode"}', poison, *flags)
    # Sent again, first without waiting: a second retry then sends nothing. After that it fails again, as the same
    # letter.
    out, _ = run("dead-letters", "retry", first, "--no-wait", *flags)
    expect("1 messages sent again" in out, out)
    expect(
        [line[3] for line in letters(*flags) if line[0] == first] == ["retried"],
        "the state after a retry is not `retried`",
    )
    out, _ = run("dead-letters", "retry", first, *flags)
    expect("0 messages sent again" in out and "--again" in out, f"a second retry: {out}")
    out, _ = run("dead-letters", "retry", first, "--again", *flags, code=65)
    expect("0 went through, 1 failed again" in out and "3 attempts" in out, out)
    again = [line for line in letters(*flags) if line[0] == first][0]
    expect(again[3] == "open" and "3 attempts" in " ".join(again), f"{again}")
    expect(len(letters(*flags)) == 2 * poison, "a retry created another letter")
    run("dead-letters", "waive", first, "--reason", "", *flags, code=64)
    run("dead-letters", "waive", first, "--reason", "a test", *flags)
    expect(
        first not in [line[0] for line in letters(*flags)]
        and first in [line[0] for line in letters(*flags, "--every-state")],
        "a waived letter is still listed, or is lost",
    )
    out, _ = run("dead-letters", "show", first, *flags)
    expect("waived, 3 attempts: a test" in out, out)


def on_the_embedded_log(folder):
    """The same without services: the poison is at the end of a partition."""
    flags = ["--data-dir", folder / "embedded"]
    run("ingest", folder / "in", *flags)
    log = sqlite3.connect(folder / "embedded" / "log.db")
    (topic,) = log.execute("SELECT id FROM topics WHERE name = 'bulletin.sections.market'").fetchone()
    # A record's id is topic, partition and offset (common/log/embedded_log.cpp).
    (last,) = log.execute("SELECT max(id) FROM records WHERE id < ?", ((topic + 1) << 50,)).fetchone()
    log.execute(
        "INSERT INTO records(id, timestamp, key, headers, value) SELECT ?, timestamp, key, x'', CAST('no event at all' AS BLOB) FROM records WHERE id = ?",
        (last + 1, last),
    )
    log.commit()
    log.close()
    run("ingest", folder / "more", *flags, code=65)
    handle(folder, folder / "embedded", flags, 1)


def peak_megabytes(*args, code=0):
    """Runs a command and returns the most memory that it held."""
    process = subprocess.Popen([YTTERBY, *map(str, args)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    expect(process.returncode == code, f"{args}: exit {process.returncode}")
    return usage.ru_maxrss / 1024


def large_letters(folder):
    """A hundred poison messages of 900 kB: no command holds them all at once."""
    data = folder / "large"
    run("ingest", folder / "in", "--data-dir", data)
    with sqlite3.connect(data / "log.db") as log:
        first, timestamp, headers = log.execute(
            "SELECT r.id, r.timestamp, r.headers FROM records r JOIN topics t ON t.id = r.id >> 50 "
            "WHERE t.name = 'bulletin.sections.patent-list' ORDER BY r.id DESC LIMIT 1"
        ).fetchone()
        log.executemany(
            "INSERT INTO records(id, timestamp, key, headers, value) VALUES(?, ?, 'k', ?, ?)",
            ((first + i, timestamp, headers, f'{{"poison": {i}, "'.ljust(900_000)) for i in range(1, 101)),
        )
    # `ingest` waits until the consumers have passed the messages.
    run("ingest", *(folder / "more").iterdir(), "--data-dir", data, code=None)
    expect(len(letters("--data-dir", data)) == 200, "patents and articles did not set all of them aside")
    for command in (["status"], ["dead-letters", "list"], ["dead-letters", "list", "--json"]):
        megabytes = peak_megabytes(*command, "--data-dir", data)
        expect(megabytes < 60, f"{command} held {megabytes:.0f} MB for 90 MB of letters")
    megabytes = peak_megabytes("dead-letters", "retry", "--all", "--data-dir", data, code=65)
    expect(megabytes < 140, f"retry held {megabytes:.0f} MB for 180 MB of letters")


def refused_by_the_store(correction, flags, execute, trigger):
    """The store refuses the price rows of one issue while it accepts everything else in the same batches; once this is
    fixed, a retry goes through."""
    for statement in trigger:
        execute(statement)
    run("ingest", correction, *flags, code=65)
    got = letters(*flags, "--stage", "store")
    expect(got and all(line[1:4] == ["prices", "store", "open"] for line in got), f"{got}")
    expect(
        letters(*flags, "--error", "refused by a test") == got
        and letters(*flags, "--stage", "store", "--error", "another") == [],
        "the error filter lists the wrong letters",
    )
    out, _ = run("dead-letters", "show", got[0][0], *flags)
    expect("refused by a test" in out and f"issue {label_of(correction)}" in out and "header    ce_id: " in out, out)
    expect_waiting("consume", '{consumer="prices",stage="store"}', len(got), *flags)
    text = (next(correction.iterdir())).read_text()
    expect(any(len(line) > 20 and line in text for line in out.splitlines()), f"the section's text is not shown: {out}")
    out, _ = run("dead-letters", "retry", "--all", "--stage", "store", *flags, code=65)
    expect(f"0 went through, {len(got)} failed again" in out, out)
    execute("DROP TRIGGER refuse" + (" ON prices_row" if len(trigger) > 1 else ""))
    out, _ = run("dead-letters", "retry", "--all", "--stage", "store", *flags)
    expect(f"{len(got)} messages sent again" in out and f"{len(got)} went through, 0 failed again" in out, out)
    expect(letters(*flags, "--stage", "store") == [], "letters are still listed after a successful retry")
    closed = letters(*flags, "--stage", "store", "--every-state")
    expect(len(closed) == len(got) and all(line[3] == "closed" for line in closed), f"{closed}")


def label_of(folder):
    return next(folder.iterdir()).stem


def refused_by_sqlite(folder):
    flags = ["--data-dir", folder / "refused"]
    run("ingest", folder / "in", *flags)
    store = sqlite3.connect(folder / "refused" / "store.db", isolation_level=None)
    refused_by_the_store(
        folder / "more",
        flags,
        store.execute,
        [
            "CREATE TRIGGER refuse BEFORE INSERT ON prices_row WHEN "
            "(SELECT i.label FROM prices_section s JOIN prices_issue i ON i.id = s.issue "
            f"WHERE s.id = NEW.section) = '{label_of(folder / 'more')}' "
            "BEGIN SELECT RAISE(ABORT, 'refused by a test'); END"
        ],
    )
    store.close()
    for documents in (folder / "in", folder / "more"):
        run("ingest", documents, "--data-dir", folder / "taken")
    expect_same(
        export_all(folder / "taken", folder / "taken-out"),
        export_all(folder / "refused", folder / "refused-out"),
        "after the store no longer refused",
    )


def refused_by_postgres(folder, flags, url):
    import psycopg2

    server = psycopg2.connect(url)
    server.autocommit = True
    refused_by_the_store(
        folder / "more",
        flags,
        server.cursor().execute,
        [
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
            "(SELECT i.label FROM prices_section s JOIN prices_issue i "
            f"ON i.id = s.issue WHERE s.id = NEW.section) = '{label_of(folder / 'more')}' THEN "
            "RAISE EXCEPTION 'refused by a test' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$",
            "CREATE TRIGGER refuse BEFORE INSERT ON prices_row FOR EACH ROW EXECUTE FUNCTION refuse()",
        ],
    )
    server.close()


def a_document_set_aside(folder):
    """A document whose events are too large for the log is set aside; once waived it no longer waits; retried with a
    larger limit it goes through."""
    (folder / "watched").mkdir()
    (folder / "small.yaml").write_text(
        f"limits:\n  max_event_bytes: 10000\nfeeds:\n  - name: watched\n    directory: {folder}/watched\n"
    )
    watching = ["--data-dir", folder / "aside", "--config", folder / "small.yaml"]
    flags = ["--data-dir", folder / "aside"]
    large = synthesize(folder / "large", 1, 400000)
    run("ingest", large, *flags, "--config", folder / "small.yaml", code=65)
    got = letters(*flags)
    expect(len(got) == 1 and got[0][1:3] == ["feed", "publish"], f"{got}")
    out, _ = run("dead-letters", "show", got[0][0], *flags)
    expect(
        "above max_event_bytes (10000)" in out and next(large.iterdir()).read_text()[:200].splitlines()[0] in out, out
    )
    expect_waiting("produce", '{consumer="feed",stage="publish"}', 1, *watching)
    run("dead-letters", "waive", got[0][0], "--reason", "an advertisement", *flags)
    expect(
        letters(*flags) == [] and [line[3] for line in letters(*flags, "--every-state")] == ["waived"],
        "the document is not waived",
    )
    out, _ = run("dead-letters", "waive", got[0][0], "--reason", "another", *flags)
    expect("is waived already" in out, out)
    out, _ = run("status", *flags)
    expect("above max_event_bytes (10000); waived: an advertisement" in out, out)
    expect_waiting("produce", '{consumer="feed",stage="publish"}', 0, *watching)
    out, _ = run("ingest", large, *flags)
    expect("documents: 0 new, 1 unchanged" in out, out)
    run("dead-letters", "retry", got[0][0], *flags)
    expect(letters(*flags)[0][:4] == [got[0][0], "feed", "publish", "retried"], "the document is not `retried`")
    run("ingest", large, *flags)
    expect(
        letters(*flags) == [] and letters(*flags, "--every-state")[0][:4] == [got[0][0], "feed", "publish", "closed"],
        "the document is not closed after the retry",
    )
    out, _ = run("dead-letters", "retry", got[0][0], *flags)
    expect("is closed already" in out, out)
    run("ingest", large, "--data-dir", folder / "plain")
    expect_same(
        export_all(folder / "plain", folder / "plain-out"),
        export_all(folder / "aside", folder / "aside-out"),
        "after a document was sent again",
    )


def refused_by_the_broker(folder, address):
    """A topic accepts only small messages for a while: a running process sets aside a document that arrives then, and
    publishes it once the topic accepts larger messages again and the document is sent again."""
    from confluent_kafka.admin import AdminClient, ConfigResource

    admin = AdminClient({"bootstrap.servers": address})

    def settle(**settings):
        for future in admin.alter_configs(
            [ConfigResource("topic", "bulletin.documents", set_config=settings)]
        ).values():
            future.result(60)

    inbox, flags = folder / "refusing", ["--data-dir", folder / "refusing-data"]
    inbox.mkdir()
    (folder / "refusing.yaml").write_text(
        f"brokers: {address}\nhttp: {{listen: '127.0.0.1:0'}}\nfeeds:\n  - name: refusing\n    directory: {inbox}\n"
    )
    flags += ["--config", folder / "refusing.yaml"]
    with open(folder / "refusing.log", "w") as log:
        process = subprocess.Popen([YTTERBY, "run", *flags], stderr=log)
    try:
        deadline = time.monotonic() + 60
        while "working:" not in (folder / "refusing.log").read_text():
            expect(process.poll() is None and time.monotonic() < deadline, (folder / "refusing.log").read_text())
        settle(**{"max.message.bytes": "200"})
        document = next(synthesize(folder / "late", 1, 20000, 77).iterdir())
        document.rename(inbox / document.name)
        while not (got := letters(*flags, "--consumer", "feed")):
            expect(
                time.monotonic() < deadline,
                f"nothing is set aside: {(folder / 'refusing.log').read_text()[-2000:]}",
            )
        expect("too large" in " ".join(got[0]).lower(), f"{got}")
        settle()
        run("topics", "apply", "--brokers", address)
        run("dead-letters", "retry", got[0][0], *flags)
        while letters(*flags, "--consumer", "feed"):
            expect(
                time.monotonic() < deadline,
                f"the running process does not publish the document that was sent again: {letters(*flags)}",
            )
        expect(
            [line[3] for line in letters(*flags, "--consumer", "feed", "--every-state")] == ["closed"],
            "the letter is not closed after the retry",
        )
    finally:
        process.terminate()
        process.wait(timeout=60)


with Folder() as folder:
    synthesize(folder / "in", 4, 16000)
    synthesize(folder / "more", 1, 20000)  # a correction of the first
    a_document_set_aside(folder)
    on_the_embedded_log(folder)
    large_letters(folder)
    refused_by_sqlite(folder)
    with Postgres(folder) as server, Broker(folder) as address:
        flags = ["--data-dir", folder / "data", "--brokers", address, "--store", server.url]
        run("topics", "apply", "--brokers", address)
        # Poison among good messages: no JSON, no headers, an id of arbitrary bytes.
        for message, headers in (("no event at all", []), ("{}", ["-H", "ce_id=\udcff\udcfe"]), ("[1, 2", [])):
            subprocess.run(
                ["kcat", "-b", address, "-t", "bulletin.sections.market", "-P", "-k", "poison", *headers],
                input=message,
                text=True,
                check=True,
                timeout=60,
            )
        run("ingest", folder / "in", *flags, code=None)
        poison = len(letters(*flags, "--consumer", "prices"))
        expect(poison == 3, f"{poison} letters for 3 poisoned messages")
        handle(folder, folder / "data", flags, poison)
        refused_by_postgres(folder, flags, server.url)
        refused_by_the_broker(folder, address)
        calm = folder / "calm"
        run("ingest", folder / "in", "--data-dir", calm)
        run("ingest", folder / "more", "--data-dir", calm)
        expect_same(
            export_all(calm, folder / "calm-out"),
            export_all(folder / "data", folder / "kafka-out", "--store", server.url),
            "with poison on the log",
        )
    print("poison is set aside, and everything else goes on")
