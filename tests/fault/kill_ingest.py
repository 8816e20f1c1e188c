#!/usr/bin/env python3
"""kill -9 at 20 random moments of an ingest of 200 synthetic issues, restarted each time: the exported bytes are those
of an undisturbed run.

    kill_ingest.py [KILLS] [ISSUES] [SEED]
"""
import random
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import YTTERBY, Folder, expect, expect_same, export_all, run, synthesize

kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
issues = int(sys.argv[2]) if len(sys.argv) > 2 else 200
seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 30)
print(f"seed {seed}: kill_ingest.py {kills} {issues} {seed} repeats this run")
moments = random.Random(seed)

with Folder() as folder:
    synthesize(folder / "in", issues, 40000)
    begin = time.monotonic()
    run("ingest", folder / "in", "--data-dir", folder / "calm")
    undisturbed = time.monotonic() - begin
    calm = export_all(folder / "calm", folder / "calm-out")

    done, killed, runs = False, 0, 0
    while killed < kills and runs < 40 * kills:
        runs += 1
        process = subprocess.Popen(
            [YTTERBY, "ingest", folder / "in", "--data-dir", folder / "hard"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            # The times are random and mostly short, so that kills hit every stage; some runs finish before they are
            # killed.
            process.wait(timeout=moments.uniform(0.01, 1.2) * undisturbed * (0.2 + 0.8 * moments.random()))
            done = True
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
        if done and killed < kills:
            # Everything was stored before the last kill: continue with an empty folder and keep the count of kills.
            expect_same(calm, export_all(folder / "hard", folder / f"hard-out-{runs}"), f"after {killed} kills")
            subprocess.run(["rm", "-rf", folder / "hard"], check=True)
            done = False
    out, _ = run("ingest", folder / "in", "--data-dir", folder / "hard")
    expect(f"0 rejected" in out, out)
    expect_same(calm, export_all(folder / "hard", folder / "hard-out"), f"after {killed} kills")
    expect(killed == kills, f"only {killed} kills happened")
    print(f"{killed} kills, {issues} issues: the same bytes")
