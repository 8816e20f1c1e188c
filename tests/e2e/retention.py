#!/usr/bin/env python3
"""Records that a log deleted before they were read: a consumer that was away, and one that was paused, report which
offsets are gone and which command refills them. The command refills them, and the exports are as if nothing had been
deleted."""
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import YTTERBY, Broker, Folder, expect, expect_same, export_all, run, synthesize

TOPIC = "bulletin.sections.market"


def forget(folder, broker):
    """Deletes all records of the topic from the log."""
    places = [{"topic": TOPIC, "partition": partition, "offset": -1} for partition in range(3)]
    (folder / "forget.json").write_text(json.dumps({"partitions": places, "version": 1}))
    broker.tool("DeleteRecordsCommand", "--offset-json-file", folder / "forget.json")


class Consumers:
    def __init__(self, folder, config):
        self.log = folder / "consumers.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([YTTERBY, "consume", "--config", config], stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait(timeout=60)

    def says(self, word):
        deadline = time.monotonic() + 60
        while word not in self.log.read_text():
            expect(
                time.monotonic() < deadline and self.process.poll() is None,
                f"the log does not mention {word!r}: {self.log.read_text()[-2000:]}",
            )
            time.sleep(0.05)


with Folder() as folder:
    documents = sorted(synthesize(folder / "documents", 12, 15000).iterdir())
    run("ingest", *documents, "--data-dir", folder / "calm")
    calm = export_all(folder / "calm", folder / "calm-out")
    inbox = folder / "inbox"
    inbox.mkdir()
    broker = Broker(folder)
    with broker as address:
        config = folder / "config.yaml"
        config.write_text(
            f"data_dir: {folder}/data\nbrokers: {address}\nrecord_topics: off\nhttp: {{listen: ''}}\n"
            f"feeds:\n  - {{name: inbox, directory: {inbox}}}\n"
        )
        run("topics", "apply", "--config", config)

        def publish(some):
            """Publishes documents with a producer only."""
            for path in some:
                (folder / "next").write_bytes(path.read_bytes())
                (folder / "next").rename(inbox / path.name)
            with open(folder / "producer.log", "w") as log:
                producer = subprocess.Popen([YTTERBY, "produce", "--config", config], stderr=log)
            deadline = time.monotonic() + 60
            while (folder / "producer.log").read_text().count("published") < len(some):
                expect(time.monotonic() < deadline and producer.poll() is None, (folder / "producer.log").read_text())
                time.sleep(0.05)
            producer.terminate()
            expect(producer.wait(timeout=60) == 0, "the producer did not stop")

        def settle(count):
            """Waits until every consumer has stored what the log holds of this many documents."""
            deadline = time.monotonic() + 60
            while True:
                out, _ = run("status", "--config", config, code=None)  # the store may still be being created
                rows = [
                    line.split()
                    for line in out.splitlines()
                    if line.split(" ")[0] in ("prices", "patents", "policies", "articles")
                ]
                if len(rows) == 4 and all(row[1] == str(count) and row[6] == "0" for row in rows):
                    return
                expect(time.monotonic() < deadline, f"{out}{(folder / 'consumers.log').read_text()[-3000:]}")

        publish(documents[:4])
        with Consumers(folder, config):
            settle(4)
        # Records are deleted while no consumer runs.
        publish(documents[4:8])
        forget(folder, broker)
        with Consumers(folder, config) as consumers:
            consumers.says(f"are gone from the log; `ytterby produce --refill {TOPIC}` fills them")
            settle(8)
            # Records are deleted while the consumer is paused; it then asks for offsets that no longer exist.
            consumers.process.send_signal(signal.SIGSTOP)
            publish(documents[8:])
            forget(folder, broker)
            told = consumers.log.read_text().count("are gone from the log")
            consumers.process.send_signal(signal.SIGCONT)
            deadline = time.monotonic() + 60
            while consumers.log.read_text().count("are gone from the log") <= told:
                expect(time.monotonic() < deadline, f"no further loss is reported: {consumers.log.read_text()[-2000:]}")
                time.sleep(0.05)
            settle(12)
            hurt = export_all(folder / "data", folder / "hurt-out")
            expect(hurt != calm, "nothing was lost")
            run("produce", "--refill", TOPIC, "--config", config)
            deadline = time.monotonic() + 60
            while (
                healed := export_all(folder / "data", folder / "healed-out")
            ) != calm and time.monotonic() < deadline:
                pass
            expect_same(calm, healed, "after the refill")
    print("what the log lost is reported and refilled from the archive: the same bytes")
