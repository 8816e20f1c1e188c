"""A process of `ytterby run` or `consume` with its HTTP pages, for tests that watch its signals."""
import json
import re
import signal
import subprocess
import time

from ytterby_test import YTTERBY, expect, http_get, metrics, until

SESSION_SECONDS = 6
CONSUMERS = ("prices", "patents", "policies", "articles")


class Daemon:
    def __init__(self, folder, command, *flags, feed=None):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.log, self.config = folder / "log", folder / "config.yaml"
        self.inbox = folder / "inbox"
        self.inbox.mkdir(exist_ok=True)
        self.flags = flags
        feeds = f"feeds:\n  - {{name: inbox, directory: {self.inbox}, settle_ms: 50}}\n" if feed else ""
        self.config.write_text(
            f"data_dir: {folder}/data\nhttp: {{listen: '127.0.0.1:0'}}\n{feeds}"
            f"kafka:\n  session.timeout.ms: {SESSION_SECONDS * 1000}\n"
        )
        self.start(command)

    def start(self, command):
        self.begin = len(self.text())
        with open(self.log, "a") as out:
            self.process = subprocess.Popen(
                [YTTERBY, command, "--config", self.config, *self.flags], stdout=out, stderr=out
            )
        self.port = int(self.await_line(r"HTTP on port (\d+)")[1])

    def text(self):
        return self.log.read_text() if self.log.exists() else ""

    def await_line(self, pattern):
        return until(
            f"no line {pattern}", lambda: re.search(pattern, self.text()[self.begin :]), self.process, self.log
        )

    def checks(self):
        status, body = http_get(self.port, "/readyz")
        checks = {one["check"]: one["message"] for one in json.loads(body)["checks"]}
        expect((status == 200) == all(message is None for message in checks.values()), body)
        return status == 200, checks

    def await_ready(self):
        until(f"it does not become ready: {self.checks()}", lambda: self.checks()[0], self.process, self.log)

    def await_trouble(self, part):
        until(f"/readyz blames nobody for {part}", lambda: self.checks()[1].get(part), self.process, self.log)

    def metric(self, name):
        return metrics(self.port).get(name)

    def up(self, part):
        return self.metric(f'ytterby_part_up{{part="{part}"}}')

    def lag(self, consumer):
        found = [
            value
            for name, value in metrics(self.port).items()
            if name.startswith(f'kafka_consumergroup_lag{{consumergroup="ytterby.{consumer}.')
        ]
        return sum(found) if found else None

    def stored(self):
        values = metrics(self.port)
        return min(
            values[f'ytterby_end_to_end_latency_seconds_count{{consumer="{consumer}"}}'] for consumer in CONSUMERS
        )

    def offer(self, document):
        (self.inbox / f".{document.name}").write_bytes(document.read_bytes())
        (self.inbox / f".{document.name}").rename(self.inbox / document.name)

    def offer_and_await(self, document):
        before = self.stored()
        self.offer(document)
        until(f"{document} is not stored", lambda: self.stored() > before, self.process, self.log)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        expect(self.process.wait(30) == 0, self.text()[-3000:])

    def kill(self):
        self.process.kill()
        self.process.wait()


def lines_during(daemon, seconds):
    """The lines that the daemon writes while so much time passes."""
    before = len(daemon.text())
    time.sleep(seconds)  # what is measured is what is written in this time
    return daemon.text()[before:].splitlines()
