#!/usr/bin/env python3
"""The extraction holds its figures on hand-made labels: the samples always, the real issues where they lie beside the repository."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import SHARED, SKIPPED, SOURCE, Folder, expect, export_all, run, score

# F1 that must hold on the real issues; on the samples every kind is exact.
LEAST = {"sections": 0.97, "patents": 0.97, "patent-titles": 0.97, "indices": 0.9, "prices": 0.85, "quotas": 0.8, "standards": 0.8,
         "journal-titles": 0.8, "policies": 0.7}

if not (SHARED / "score" / "score.py").exists():
    print("SKIPPED: the labels and their scorer are not beside the repository (../shared)")
    sys.exit(SKIPPED)

with Folder() as folder:
    run("ingest", SHARED / "bulletins", "--data-dir", folder / "real")
    export_all(folder / "real", folder / "real-out")
    figures = score(folder / "real-out", SHARED / "gold", SHARED / "bulletins")
    for kind, least in LEAST.items():
        print(f"real issues: {kind}: F1 {figures[kind]['f1']:.3f} (at least {least})")
        expect(figures[kind]["f1"] >= least, f"{kind}: F1 {figures[kind]['f1']}, below {least}")

    run("ingest", *sorted(p for p in (SOURCE / "ops" / "samples").iterdir() if p.name != "README.md"), "--data-dir", folder / "samples")
    export_all(folder / "samples", folder / "samples-out")
    figures = score(folder / "samples-out", SOURCE / "tests" / "fixtures" / "samples", SOURCE / "ops" / "samples")
    for kind in LEAST:
        print(f"samples: {kind}: F1 {figures[kind]['f1']:.3f}, fields {figures[kind]['fields']:.3f}")
        expect(figures[kind]["f1"] == 1.0 and figures[kind]["fields"] == 1.0, f"samples: {kind} is not exact: {figures[kind]}")
