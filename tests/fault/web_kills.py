#!/usr/bin/env python3
"""`ytterby produce` reads an index of documents and is killed at random moments, over and over: in the end each document
has been published once, and the exports are those of a calm run over the same files."""
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from origin import Origin
from ytterby_test import SOURCE, YTTERBY, Folder, expect, expect_same, export_all, run, synthesize

SEED = int(os.environ.get("YTTERBY_SEED", time.time_ns() % 1_000_000))
random.seed(SEED)
print(f"YTTERBY_SEED={SEED}")

with Folder() as folder, Origin() as origin:
    made = sorted(synthesize(folder / "made", 8, 15000).iterdir())
    for path in made:
        origin.pages[f"/{path.name}"] = path.read_bytes()
    origin.pages["/"] = "".join(f'<a href="{path.name}">x</a>' for path in made).encode()
    config, log = folder / "config.yaml", folder / "log"
    config.write_text(
        f"data_dir: {folder}/data\nhttp: {{listen: none}}\ncontact: mailto:ops@example.com\nfeeds:\n"
        f"  - {{name: web, index: '{origin.url('/')}', links: '/[^/?]+$', interval_s: 10, recheck_s: 10,\n"
        f"      allow_hosts: [127.0.0.1]}}\n"
    )

    def start():
        with open(log, "a") as out:
            return subprocess.Popen([YTTERBY, "produce", "--config", config], stderr=out)

    for _ in range(12):
        process = start()
        time.sleep(random.uniform(0.05, 1.5))  # the moment of the kill is what varies
        process.kill()
        process.wait()
    process = start()
    names = [path.name for path in made]
    done = lambda: all(f"{origin.url('/')}{name}: published" in log.read_text() for name in names)
    # A document whose line a kill swallowed is unchanged when it comes again: the export decides.
    deadline = time.monotonic() + 60
    while not done() and time.monotonic() < deadline:
        asked = [headers for name in names for headers in origin.asked(f"/{name}") if headers["If-None-Match"]]
        if len(asked) >= len(names):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    expect(process.wait(30) == 0, log.read_text()[-2000:])
    # The consumers have seen nothing yet: ingest of another document drains the log.
    other = SOURCE / "ops" / "samples" / "2022-05-pdf-text.txt"
    run("ingest", other, "--data-dir", folder / "data")
    run("ingest", *made, other, "--data-dir", folder / "calm")
    killed, calm = export_all(folder / "data", folder / "out"), export_all(folder / "calm", folder / "calm-out")
    for files in (killed, calm):
        files.pop("findings.ndjson")  # these name the deliveries
    expect_same(killed, calm, "after 12 kills")
    print(f"8 documents, 12 kills: {len(origin.requests)} requests, the exports are the same")
