#!/usr/bin/env python3
"""Where the extraction loses most: the figures by look, then every kind of miss by how often it occurs.

    quality.py [--examples N] [FOLDER…]

FOLDER holds the issues and their labels as texts/ and gold/, or the issues themselves beside gold/; without one, the
real and the made issues next to the repository. A miss is classed by what went wrong, so that the first line of the list
is the next thing to work on."""
import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from looks import read_by_look, table
from ytterby_test import SHARED, export_all, run


def notes(export, gold, texts):
    """The scorer's misses as it prints them."""
    command = [sys.executable, SHARED / "score" / "score.py", "--export", export, "--gold", gold, "--texts", texts]
    done = subprocess.run([*command, "--misses", "1000000"], capture_output=True, text=True, timeout=300)
    return [line.strip() for line in done.stdout.splitlines() if line.startswith("  ")]


def letters(title):
    return re.sub(r"\W", "", title)


def title_class(missing, extra):
    """How the title of a section that was not found differs from one that should not be there."""
    for other in extra:
        if not letters(other) or not letters(missing):
            continue
        if letters(missing).startswith(letters(other)):
            return "title cut short"
        if letters(other).startswith(letters(missing)):
            return "title too long"
        if letters(other) == letters(missing):
            return "category wrong"
    return "not found, or within another section"


def classes(lines):
    """Each miss with its class: (kind, what went wrong) and the line."""
    extra = defaultdict(list)
    for line in lines:
        if match := re.match(r"sections: extra\s+section: \('([^']*)', '([^']*)', '(.*)'\)", line):
            extra[match[1]].append(match[3])
    for line in lines:
        kind, _, rest = line.partition(": ")
        if match := re.match(r"missing section: \('([^']*)', '([^']*)', '(.*)'\)", rest):
            yield (kind, title_class(match[3], extra[match[1]])), line
        elif rest.startswith("field "):
            name, _, values = rest[len("field ") :].partition(": ")
            absent = re.search(r"(?:^|[: ])(?:None|\[\]) for ", values)
            yield (kind, f"{name} " + ("not read" if absent else "wrong")), line
        elif rest.startswith("missing"):
            yield (kind, "not found"), line
        else:
            yield (kind, "should not be there"), line


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    args.add_argument("--examples", type=int, default=2, help="how many misses to print of each class")
    args = args.parse_args()
    if not (SHARED / "score" / "score.py").exists():
        sys.exit("quality: the labels and their scorer are not next to the repository (../shared)")
    count, examples = Counter(), defaultdict(list)
    with tempfile.TemporaryDirectory() as temporary:
        for i, folder in enumerate(args.folders or [SHARED / "bulletins", SHARED / "fourth", SHARED / "lab"]):
            texts = folder / "texts" if (folder / "texts").exists() else folder
            gold = SHARED / "gold" if folder == SHARED / "bulletins" else folder / "gold"
            issues = sorted(path for path in texts.iterdir() if path.is_file() and path.suffix in (".txt", ".md"))
            data, out = Path(temporary) / f"data{i}", Path(temporary) / f"out{i}"
            run("ingest", *issues, "--data-dir", data, code=None)
            export_all(data, out)
            if texts != folder:
                print(f"{folder.name}: F1 by look")
                print("\n".join(table(read_by_look(out, folder), "f1")) + "\n")
            for kind, line in classes(notes(out, gold, texts)):
                count[kind] += 1
                examples[kind].append(f"{folder.name}: {line}")
    print(f"{sum(count.values())} misses, by class")
    for (kind, what), number in count.most_common():
        print(f"{number:6}  {kind}: {what}")
        for line in examples[kind, what][: args.examples]:
            print(f"          {line[:180]}")


if __name__ == "__main__":
    main()
