#!/usr/bin/env python3
"""An operator's hour: database, broker and feed folder away, a second store started by mistake, a process killed.
At each moment log lines, /metrics, /readyz and status say what is wrong and where, and nothing else."""
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from daemon import CONSUMERS, Daemon, lines_during
from ytterby_test import (
    SLACK,
    YTTERBY,
    Broker,
    Folder,
    Postgres,
    expect,
    http_get,
    metrics,
    read_topics,
    run,
    synthesize,
    until,
)

RECORD_TOPICS = tuple(
    f"bulletin.{name}" for name in ("prices", "indices", "patents", "policies", "quotas", "standards", "findings")
)


def stays_alive(daemon):
    """/livez answers at once, also while /readyz is asked often."""
    slowest = []

    def ask():
        for _ in range(20):
            http_get(daemon.port, "/readyz")

    askers = [threading.Thread(target=ask) for _ in range(6)]
    for asker in askers:
        asker.start()
    for _ in range(20):
        begin = time.monotonic()
        expect(http_get(daemon.port, "/livez")[0] == 200, "it does not live")
        slowest.append(time.monotonic() - begin)
    for asker in askers:
        asker.join()
    expect(max(slowest) < 2, f"/livez took {max(slowest):.1f} s")


def status_answers(daemon, *words, code=69):
    """Within its 5 s, with what is known."""
    begin = time.monotonic()
    out, err = run("status", "--config", daemon.config, *daemon.flags, code=code)
    seconds = time.monotonic() - begin
    expect(seconds < 5 + 2 * SLACK, f"status took {seconds:.1f} s")
    for word in words:
        expect(word in out, f"status does not show {word!r}:\n{out}\n{err}")
    shown = json.loads(run("status", "--config", daemon.config, *daemon.flags, "--json", code=code)[0])
    return shown


def database_away(daemon, server, document):
    before = daemon.metric('ytterby_errors_total{stage="consume",type="retriable"}')
    server.stop()
    daemon.await_trouble("store")
    daemon.offer(document)
    until("a message waits and lag is 0", lambda: daemon.lag("articles") > 0, daemon.process, daemon.log)
    until("lag in seconds is 0", lambda: daemon.metric(seconds_of(daemon, "articles")) > 0)
    expect(daemon.up("store") == 0 and daemon.up("log") == 1 and daemon.metric("ytterby_ready") == 0, "parts")
    until(
        "nothing is counted for the store",
        lambda: daemon.metric('ytterby_errors_total{stage="store",type="retriable"}') > 0,
    )
    expect(
        daemon.metric('ytterby_errors_total{stage="consume",type="retriable"}') == before,
        "the log is blamed for the database",
    )
    stays_alive(daemon)
    quiet = lines_during(daemon, 3)
    expect(len(quiet) <= 2, f"a line for each retry: {quiet}")
    expect(daemon.text().count("store postgresql://") >= 1, daemon.text()[-2000:])
    shown = status_answers(daemon, "2 archived", "log  ", "postgresql:")
    expect(shown["store"]["trouble"] and not shown["log"]["trouble"], shown)
    expect(daemon.lag("articles") > 0, "lag fell to 0 while the database is away")
    server.start()
    daemon.await_line(r"store postgresql://\S+: back after \d+")
    daemon.await_ready()
    until("lag stays", lambda: daemon.lag("articles") == 0, daemon.process, daemon.log)


def seconds_of(daemon, consumer):
    return next(
        name
        for name in metrics(daemon.port)
        if name.startswith(f'ytterby_consumer_lag_seconds{{consumergroup="ytterby.{consumer}.')
    )


def broker_away(daemon, broker, document):
    counted = 'ytterby_errors_total{stage="store",type="retriable"}'
    before = daemon.metric(counted)
    until("prices lag", lambda: daemon.lag("prices") == 0, daemon.process, daemon.log)
    series = daemon.lag("prices")
    broker.stop()
    daemon.await_trouble("log")
    expect(daemon.up("log") == 0 and daemon.up("store") == 1, "parts")
    lines = lines_during(daemon, 3)
    expect(len(lines) <= 3, f"a line for each retry: {lines}")
    expect(daemon.metric(counted) == before, "the store is blamed for the broker")
    now = daemon.lag("prices")
    expect(now == series, f"the lag is {now} and was {series} before the broker went away")
    shown = status_answers(daemon, "archived", "issues", "prices")
    expect(shown["log"]["trouble"] and not shown["store"]["trouble"], shown)
    expect("rdkafka" not in daemon.text(), "librdkafka's own lines")
    broker.start()
    daemon.await_line(r"broker [\d.:]+: back after \d+")
    daemon.await_ready()
    daemon.offer_and_await(document)


def feed_folder_gone(daemon, document):
    away = daemon.folder / "away"
    daemon.inbox.rename(away)
    daemon.await_trouble("feed inbox")
    expect(daemon.up("feed inbox") == 0 and daemon.up("log") == 1 and daemon.up("store") == 1, "parts")
    lines = lines_during(daemon, 3)
    expect(len(lines) <= 1, f"a line for each retry: {lines}")
    expect(daemon.text().count("the folder is gone") == 1, daemon.text()[-2000:])
    away.rename(daemon.inbox)
    daemon.await_line(r"feed inbox: back after")
    daemon.await_ready()
    last = 'ytterby_feed_last_success_timestamp_seconds{feed="inbox"}'
    expect(abs(daemon.metric(last) - time.time()) < 30, "the feed's last success is not now")
    daemon.offer_and_await(document)


def second_store(daemon, folder, address, document):
    """A store of its own on the same brokers: it stores, and publishes nothing on the record topics."""
    until("not all is published", lambda: daemon.metric("ytterby_relay_dirty_issues") == 0)
    second = Daemon(folder / "second", "consume", "--brokers", address, "--store", f"sqlite:{folder}/second/own.db")
    try:
        second.await_ready()
        second.await_line("the record topics of log .* belong to store")
        expect(second.metric("ytterby_record_topics_owner") == 0, "the second thinks it owns the topics")
        expect(daemon.metric("ytterby_record_topics_owner") == 1, "the first lost the topics")
        daemon.offer_and_await(document)
        until("the second did not store it", lambda: second.stored() > 0, second.process, second.log)
        published = 'ytterby_record_events_total{topic="bulletin.prices",type="record"}'
        until("the first published nothing", lambda: daemon.metric(published) > 0)
        expect(second.metric(published) == 0, "the second published")
        until("not all is published", lambda: daemon.metric("ytterby_relay_dirty_issues") == 0)
        keys = {}
        for topic, messages in read_topics(address, *RECORD_TOPICS).items():
            for key, headers, _ in messages:
                sequence = int(headers["ce_sequence"])
                expect(sequence >= keys.get((topic, key), 0), f"{topic} {key}: sequences of two publishers")
                keys[topic, key] = sequence
        out, _ = run("status", "--config", second.config, *second.flags)
        expect("owned by store" in out, out)
        # Handed over, the first says so and stops; then back again.
        run("topics", "adopt", "--config", second.config, *second.flags)
        until("the first still owns them", lambda: daemon.metric("ytterby_record_topics_owner") == 0)
        daemon.await_line("the record topics of log .* belong to store")
        until("the second does not own them", lambda: second.metric("ytterby_record_topics_owner") == 1)
        run("topics", "adopt", "--config", daemon.config, *daemon.flags)
        until("the first does not own them again", lambda: daemon.metric("ytterby_record_topics_owner") == 1)
        second.stop()
    finally:
        second.kill()


def killed_and_started_again(daemon):
    """Not ready before its consumers hold their partitions, which they get when the dead process's session ends."""
    daemon.kill()
    out, _ = run("status", "--config", daemon.config, *daemon.flags)
    expect(f"process {daemon.process.pid} on" in out and "died, last seen" in out, f"a dead process holds:\n{out}")
    daemon.start("run")
    daemon.await_line("working:")
    ready, checks = daemon.checks()
    expect(not ready and any(checks[f"consumer {name}"] for name in CONSUMERS), f"ready without partitions: {checks}")
    until("no lag is reported before the group divides", lambda: daemon.lag("prices") is not None)
    daemon.await_ready()
    out, _ = run("status", "--config", daemon.config, *daemon.flags)
    expect(f"process {daemon.process.pid} on" in out, out)


def counts_what_was_acknowledged(daemon):
    """After one document of sixteen sections."""
    values = metrics(daemon.port)
    total = {
        name: sum(value for series, value in values.items() if series.startswith(name + "{"))
        for name in ("ytterby_sections_appended_total", "ytterby_records_stored_total", "ytterby_newest_issue")
    }
    expect(total["ytterby_sections_appended_total"] == 16, total)
    expect(total["ytterby_records_stored_total"] > 16 and total["ytterby_newest_issue"] > 0, total)
    bytes_sent = values["ytterby_section_bytes_total"]
    expect(10_000 < bytes_sent < 1_000_000, f"{bytes_sent} bytes of sections")


def started_without_the_database(daemon, server, document):
    """Feeds do not wait for the store: the document is on the log while the store is away, and stored when it comes."""
    daemon.stop()
    server.stop()
    daemon.start("run")
    daemon.await_line('msg="working: feeds inbox"')
    daemon.await_trouble("store")
    daemon.offer(document)
    until(
        "the document is not published while the store is away",
        lambda: daemon.metric('ytterby_documents_total{feed="inbox",outcome="published"}') == 1,
    )
    expect(daemon.up("log") == 1 and daemon.up("feed inbox") == 1 and daemon.up("store") == 0, daemon.checks())
    server.start()
    daemon.await_line('msg="working: consumers .*; feeds inbox"')
    daemon.await_ready()
    until("the document is not stored", lambda: daemon.stored() >= 1, daemon.process, daemon.log)


def logs_as_json(folder):
    done = subprocess.run(
        [YTTERBY, "ingest", folder / "nothing-here", "--data-dir", folder / "d", "--log-format", "json"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    expect(done.returncode == 66, done)
    (folder / "novel.txt").write_text("no bulletin, but long enough to be one")
    _, err = run("ingest", folder / "novel.txt", "--data-dir", folder / "d", "--log-format", "json", code=65)
    lines = [json.loads(line) for line in err.splitlines()]
    expect(lines and all({"ts", "level", "msg"} <= line.keys() for line in lines), err)


with Folder() as folder:
    documents = sorted(synthesize(folder / "documents", 8).iterdir())
    logs_as_json(folder)
    broker = Broker(folder)
    with Postgres(folder) as server, broker as address:
        run("topics", "apply", "--brokers", address)
        run("store", "migrate", "--store", server.url)
        daemon = Daemon(folder / "first", "run", "--brokers", address, "--store", server.url, feed=True)
        try:
            daemon.await_ready()
            daemon.offer_and_await(documents[0])
            counts_what_was_acknowledged(daemon)
            database_away(daemon, server, documents[1])
            broker_away(daemon, broker, documents[2])
            feed_folder_gone(daemon, documents[3])
            second_store(daemon, folder, address, documents[4])
            killed_and_started_again(daemon)
            started_without_the_database(daemon, server, documents[5])
            daemon.stop()
        finally:
            daemon.kill()
    print("at each moment the signals say what is wrong and where")
