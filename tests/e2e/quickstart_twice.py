#!/usr/bin/env python3
"""The quickstart's main job on the bundled samples, twice: the second run says unchanged and doubles nothing; the CSV export and
explainable output are there."""
import csv
import io
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import SOURCE, YTTERBY, Folder, expect, run

with Folder() as folder:
    show = [SOURCE / "ops" / "show-samples", YTTERBY, folder / "data"]
    first = subprocess.run(show, capture_output=True, text=True, timeout=120)
    expect(first.returncode == 0, first.stdout + first.stderr)
    expect("documents: 3 new, 0 unchanged, 0 rejected" in first.stdout, first.stdout)
    for word in ("industry-news", "patent-list", "neodymium-oxide", "CN1", "quota", "findings"):
        expect(word in first.stdout, f"{word} is not shown:\n{first.stdout}")
    second = subprocess.run(show, capture_output=True, text=True, timeout=120)
    expect("documents: 0 new, 3 unchanged, 0 rejected" in second.stdout and "records:   0 new" in second.stdout, second.stdout)
    out, _ = run("export", "patents", "--data-dir", folder / "data", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    expect(len(rows) == 6 and all(row["publication_number"].startswith("CN") and row["inventors"].startswith("[") for row in rows), out[:500])
    for command in ([], ["ingest"], ["run"], ["produce"], ["consume"], ["export"], ["status"], ["topics"], ["config"]):
        out, _ = run(*command, "--help")
        expect("Example" in out, f"{command} --help has no example")
    expect(run("--version")[0].startswith("ytterby "), "--version")
    out, _ = run("config", "show")
    (folder / "shown.yaml").write_text(out)
    run("config", "check", "--config", folder / "shown.yaml")
    print("the samples are read twice and stored once")
