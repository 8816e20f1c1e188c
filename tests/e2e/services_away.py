#!/usr/bin/env python3
"""A daemon whose broker or store is away: it answers over HTTP from the start, reports what is wrong, counts it, and
stops when told to. Documents that arrive in the meantime are stored once the service is back."""
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import SLACK, YTTERBY, Broker, Folder, Postgres, expect, http_get, metrics, run, synthesize

STOP_TIMEOUT = 3
RECOVERY_SECONDS = 5 * SLACK
SESSION_SECONDS = 6
CONSUMERS = ("prices", "patents", "policies", "articles")


started = []


def start(folder, brokers, store="", static=True):
    inbox = folder / "inbox"
    inbox.mkdir(exist_ok=True)
    config = folder / "run.yaml"
    config.write_text(
        f"data_dir: {folder}/data\nbrokers: {brokers}\nstore: '{store}'\nstop_timeout_s: {STOP_TIMEOUT}\n"
        "http:\n  listen: 127.0.0.1:0\n"
        f"feeds:\n  - name: inbox\n    directory: {inbox}\n    settle_ms: 50\n"
        f"kafka:\n  session.timeout.ms: {SESSION_SECONDS * 1000}\n"
        f"{'  group.instance.id: the-only-one' if static else ''}\n"
    )
    log = folder / "run.log"
    with open(log, "w") as file:
        process = subprocess.Popen([YTTERBY, "run", "--config", config], stderr=file)
    started.append(process)
    deadline = time.monotonic() + 60
    while not (found := re.search(r"HTTP on port (\d+)", log.read_text())):
        expect(process.poll() is None and time.monotonic() < deadline, f"no HTTP: {log.read_text()}")
    return process, int(found[1])


def wait_for(port, ready, trouble=None):
    """Polls /readyz until its readiness is as given and it names this trouble; every answer must come at once."""
    deadline = time.monotonic() + 60
    while True:
        asked = time.monotonic()
        status, body = http_get(port, "/readyz")
        expect(time.monotonic() - asked < 4, "/readyz does not answer at once")
        if (status == 200) == ready and (
            not trouble or any(one["check"] == trouble and not one["ok"] for one in json.loads(body)["checks"])
        ):
            return
        expect(
            time.monotonic() < deadline,
            f"/readyz never became {'ready' if ready else 'unready'} {trouble or ''}: {body}",
        )


def stop(process, folder):
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    expect(process.wait(timeout=60) == 0, f"the process did not stop cleanly: {(folder / 'run.log').read_text()}")
    took = time.monotonic() - asked
    expect(took < STOP_TIMEOUT + 5 * SLACK, f"stopping took {took:.1f} s")


def offer(folder):
    path = next((folder / "documents").iterdir())
    path.rename(folder / "inbox" / path.name)
    return path.name


def await_stored(folder, port, documents, seconds=60):
    """Waits until every consumer has stored this many documents."""
    deadline = time.monotonic() + seconds
    while any(
        metrics(port).get(f'ytterby_end_to_end_latency_seconds_count{{consumer="{name}"}}', 0) < documents
        for name in CONSUMERS
    ):
        expect(time.monotonic() < deadline, f"not stored after {seconds} s: {(folder / 'run.log').read_text()[-2000:]}")


def never_there(folder):
    process, port = start(folder, "127.0.0.1:9")
    try:
        expect(http_get(port, "/livez")[0] == 200, "/livez fails while there was never a broker")
        wait_for(port, False, "log")
    finally:
        stop(process, folder)


def broker_goes_and_comes_back(folder, broker, port, seconds):
    """The broker stays away until the group's session timeout has passed."""
    away = time.monotonic()
    broker.stop()
    wait_for(port, False, "log")
    expect(http_get(port, "/livez")[0] == 200, "/livez fails while the broker is away")
    offer(folder)
    before = min(metrics(port)[f'ytterby_end_to_end_latency_seconds_count{{consumer="{name}"}}'] for name in CONSUMERS)
    time.sleep(max(0, away + SESSION_SECONDS + 1 - time.monotonic()))
    broker.start()
    await_stored(folder, port, before + 1, seconds)


def server_goes_and_comes_back(folder, server, port):
    server.stop()
    wait_for(port, False, "store")
    retried = 'ytterby_errors_total{stage="store",type="retriable"}'
    before = metrics(port).get(retried, 0)
    offer(folder)
    deadline = time.monotonic() + 60
    while metrics(port).get(retried, 0) == before:
        expect(time.monotonic() < deadline, "no metric counts the failed writes to the store")
    server.start()
    await_stored(folder, port, 3, RECOVERY_SECONDS)
    wait_for(port, True)


def server_stands_still(folder, server, port):
    """Stopped (SIGSTOP), which no connection shows: one-shot commands give up and stop, and the daemon says so."""
    flags = ["--data-dir", folder / "data", "--store", server.url, "--timeout", "3"]
    with server.standing_still():
        for command in (["export", "prices"], ["findings"], ["status"]):
            begin = time.monotonic()
            _, err = run(*command, *flags, code=69)
            took = time.monotonic() - begin
            said = "postgresql" in err or "no answer within 3 s" in err
            expect(took < 3 + 5 * SLACK and said, f"{command}: {took:.1f} s, {err}")
        wait_for(port, False, "store")
        begin = time.monotonic()
        expect(http_get(port, "/livez")[0] == 200 and time.monotonic() - begin < 2 * SLACK, "/livez hangs")
        # Told to stop while it waits.
        document = next((folder / "documents").iterdir())
        waiting = subprocess.Popen(
            [YTTERBY, "ingest", document, "--data-dir", folder / "other", "--store", server.url, "--timeout", "60"],
            stderr=subprocess.DEVNULL,
        )
        time.sleep(1)  # by now it waits for the server
        begin = time.monotonic()
        waiting.send_signal(signal.SIGTERM)
        expect(waiting.wait(timeout=60) != 0, "it says that it is done")
        expect(time.monotonic() - begin < 11 + SLACK, f"SIGTERM took {time.monotonic() - begin:.1f} s")
    wait_for(port, True)


def away_for_a_while(folder):
    broker = Broker(folder)
    with Postgres(folder) as server, broker as address:
        run("topics", "apply", "--brokers", address)
        run("store", "migrate", "--store", server.url)
        process, port = start(folder, address, server.url)
        wait_for(port, True)
        offer(folder)
        await_stored(folder, port, 1)
        broker_goes_and_comes_back(folder, broker, port, RECOVERY_SECONDS)
        server_goes_and_comes_back(folder, server, port)
        server_stands_still(folder, server, port)
        stop(process, folder)
        # Without its own name a member comes back as a new one, and the broker waits for the former until its session
        # ends.
        process, port = start(folder, address, server.url, static=False)
        wait_for(port, True)
        offer(folder)
        await_stored(folder, port, 1)
        broker_goes_and_comes_back(folder, broker, port, SESSION_SECONDS + RECOVERY_SECONDS)
        broker.stop()
        wait_for(port, False)
        stop(process, folder)


with Folder() as folder:
    synthesize(folder / "documents", 5)
    try:
        never_there(folder)
        away_for_a_while(folder)
    finally:
        for process in started:
            process.kill()  # what a failed test leaves running
    print(
        "a daemon without its broker or store answers, reports it, stores what arrived once they are back, "
        "and stops within its limit"
    )
