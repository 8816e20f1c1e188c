#!/usr/bin/env python3
"""Ingest under limits on the address space, from far too little to enough, each on the folder that the one before left:
no run dies of a signal, and once there is enough memory the exports are those of an undisturbed folder."""
import resource
import subprocess
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import YTTERBY, Folder, expect, expect_same, export_all, run, synthesize

LIMITS = [*range(40, 200, 8), *range(200, 400, 40), 2000]  # MiB
ENDS = (0, 69, 74, 75)  # done, or one that says what is missing; none blames a document (65)


def ingest(documents, data, limit):
    return subprocess.run(
        [YTTERBY, "ingest", documents, "--data-dir", data, "--drain-timeout", "5"],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit << 20, limit << 20)),
    )


with Folder() as folder:
    documents, data = folder / "documents", folder / "data"
    synthesize(documents, 12)
    run("ingest", documents, "--data-dir", folder / "calm")
    ended = Counter()
    for limit in LIMITS:
        done = ingest(documents, data, limit)
        # Below this the loader itself finds no room for the libraries, and no line of the program runs.
        if done.returncode == 127 and "error while loading shared libraries" in done.stderr:
            ended["not loaded"] += 1
            continue
        expect(done.returncode in ENDS, f"{limit} MiB: exit {done.returncode}: {done.stderr[-500:]}")
        expect("internal error" not in done.stderr, f"{limit} MiB: {done.stderr[-500:]}")
        ended[done.returncode] += 1
    expect(done.returncode == 0, f"{LIMITS[-1]} MiB are not enough: {done.stderr[-500:]}")
    expect(ended[74] + ended[75] > 0, f"no limit was too small: {ended}")
    expect_same(export_all(folder / "calm", folder / "calm-out"), export_all(data, folder / "out"), "other exports")
    print(f"{len(LIMITS)} limits: " + ", ".join(f"{count} ended {end}" for end, count in ended.items()))
