"""Scores an export by the look of the texts: NNN-look.txt beside labels NNN-look.json, and true facts NNN.json of those
that were recognised without mark-up."""
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from ytterby_test import expect, score

# Decimals are exported as strings, so that nothing is lost; the scorer of recognised texts compares numbers.
NUMBERS = {
    "tonnes", "value", "change_pct", "change_yoy_pct", "cny_per_kg", "mean", "high", "low", "spread", "fluctuation_pct"
}  # fmt: skip


def read_by_look(export, lab):
    """The scorer's figures by look and kind; "all" is every issue."""
    looks = defaultdict(list)
    for path in sorted((Path(lab) / "gold").glob("*.json")):
        looks[re.sub(r"^\d+-", "", path.stem)].append(path)
    looks["all"] = [path for paths in looks.values() for path in paths]
    figures = {}
    for look, paths in looks.items():
        with tempfile.TemporaryDirectory() as folder:
            for path in paths:
                shutil.copy(path, folder)
            figures[look] = score(export, folder, Path(lab) / "texts")
    return figures


def read_recognised(export, lab):
    """Recall, and what is wrong without a word, of the issues whose OCR has no mark-up."""
    with tempfile.TemporaryDirectory() as folder:
        for path in Path(export).glob("*.ndjson"):
            records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
            for record in records:
                for field in NUMBERS & set(record):
                    if isinstance(record[field], str):
                        record[field] = float(record[field])
            lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            (Path(folder) / path.name).write_text("".join(lines), "utf-8")
        done = subprocess.run(
            [sys.executable, Path(lab) / "truth_score.py", folder, Path(lab) / "truth", "--json"],
            capture_output=True,
            text=True,
            timeout=300,
        )
    expect(done.returncode == 0, done.stdout + done.stderr)
    return json.loads(done.stdout.splitlines()[0])


def table(figures, what):
    """The figures of `what` (f1 or fields) as the lines of a Markdown table, a row a kind and a column a look."""
    looks = list(figures)
    kinds = list(dict.fromkeys(kind for by_kind in figures.values() for kind in by_kind))
    lines = ["| " + " | ".join(["", *looks]) + " |", "|" + "---|" * (len(looks) + 1)]
    for kind in kinds:
        cells = [f"{figures[look][kind][what]:.3f}" if kind in figures[look] else "" for look in looks]
        lines.append("| " + " | ".join([kind, *cells]) + " |")
    return lines
