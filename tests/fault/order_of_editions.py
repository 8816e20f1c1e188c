#!/usr/bin/env python3
"""Three differently named documents of one issue, two of them corrections, in every order, with kills in between and a
shifted clock: the exported bytes are the same."""
import itertools
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import SOURCE, YTTERBY, Folder, expect, expect_same, export_all, run

SAMPLE = (SOURCE / "ops" / "samples" / "2023-09-ocr-markup.md").read_text("utf-8")
EDITIONS = {
    "first.md": SAMPLE,
    "correction-one.md": SAMPLE.replace("226", "227"),
    "correction-two.md": SAMPLE.replace("（来源：磁材视界）", "（来源：磁材视界网）"),
}

with Folder() as folder:
    for name, text in EDITIONS.items():
        (folder / name).write_text(text, "utf-8")
    expected = None
    for number, order in enumerate(itertools.permutations(EDITIONS)):
        data = folder / f"data-{number}"
        for step, name in enumerate(order):
            shift = {"YTTERBY_CLOCK_SHIFT": str((number * 7919 - 20000 + step * 86400) * 1000)}
            # Killed almost at once, then a little later each time; then it runs undisturbed.
            for wait in (0.005, 0.015, 0.03, 0.05):
                process = subprocess.Popen(
                    [YTTERBY, "ingest", folder / name, "--data-dir", data],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={**os.environ, **shift},
                )
                try:
                    process.wait(timeout=wait)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            run("ingest", folder / name, "--data-dir", data, env=shift)
        exported = export_all(data, folder / f"out-{number}")
        if expected is None:
            expected = exported
            expect(exported["sections.ndjson"].count(b"\n") == 18, "only one edition may count, not three")
            expect(
                b"edition-choice" in exported["findings.ndjson"],
                "the choice between differently named documents must be a finding",
            )
        expect_same(expected, exported, f"order {order}")
    print("six orders, kills in between, shifted clocks: the same bytes")
