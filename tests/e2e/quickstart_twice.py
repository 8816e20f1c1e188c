#!/usr/bin/env python3
"""The quickstart's main job on the bundled samples, twice: the second run reports them as unchanged and adds nothing;
the CSV export and the command help are there."""
import csv
import io
import os
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
    expect(
        "documents: 0 new, 3 unchanged, 0 rejected" in second.stdout and "records:   0 new" in second.stdout,
        second.stdout,
    )
    out, _ = run("export", "patents", "--data-dir", folder / "data", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    expect(
        len(rows) == 6
        and all(row["publication_number"].startswith("CN") and row["inventors"].startswith("[") for row in rows),
        out[:500],
    )
    for command in (
        [],
        ["ingest"],
        ["run"],
        ["produce"],
        ["consume"],
        ["export"],
        ["status"],
        ["topics"],
        ["store"],
        ["config"],
    ):
        out, _ = run(*command, "--help")
        expect("Example" in out, f"{command} --help has no example")
    expect(run("--version")[0].startswith("ytterby "), "--version")
    out, _ = run("config", "show")
    (folder / "shown.yaml").write_text(out)
    run("config", "check", "--config", folder / "shown.yaml")

# The same with a broker and a server that the quickstart starts itself.
with Folder() as folder:
    folder.chmod(0o711)  # the server runs as another user
    environment = {**os.environ, "TMPDIR": str(folder)}
    try:
        for words in ("documents: 3 new, 0 unchanged", "documents: 0 new, 3 unchanged"):
            done = subprocess.run(
                [SOURCE / "ops" / "quickstart", "--kafka", folder / "data"],
                capture_output=True,
                text=True,
                timeout=400,
                env=environment,
            )
            expect(
                done.returncode == 0 and words in done.stdout and "YTTERBY_STORE=postgresql://" in done.stdout,
                done.stdout + done.stderr,
            )
        expect("records:   0 new, 391 stored" in done.stdout, done.stdout)
    finally:
        for service in ("kafka/broker", "postgres/server"):
            subprocess.run([SOURCE / "ops" / service, "wipe"], capture_output=True, timeout=90, env=environment)
    print("the samples are read twice and stored once, with and without services")
