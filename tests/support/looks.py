"""Scores an export by the look of the texts: NNN-look.txt beside labels NNN-look.json."""
import re
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

from ytterby_test import score


def score_by_look(export, gold, texts):
    """The scorer's figures by look and kind; "all" is every issue."""
    looks = defaultdict(list)
    for path in sorted(Path(gold).glob("*.json")):
        looks[re.sub(r"^\d+-", "", path.stem)].append(path)
        looks["all"].append(path)
    figures = {}
    for look, paths in looks.items():
        with tempfile.TemporaryDirectory() as folder:
            for path in paths:
                shutil.copy(path, folder)
            figures[look] = score(export, folder, texts)
    return figures


def table(figures, what):
    """The figures of `what` (f1 or fields) as the lines of a Markdown table, a row a kind and a column a look."""
    looks = list(figures)
    kinds = list(dict.fromkeys(kind for by_kind in figures.values() for kind in by_kind))
    lines = ["| " + " | ".join(["", *looks]) + " |", "|" + "---|" * (len(looks) + 1)]
    for kind in kinds:
        cells = [f"{figures[look][kind][what]:.3f}" if kind in figures[look] else "" for look in looks]
        lines.append("| " + " | ".join([kind, *cells]) + " |")
    return lines
