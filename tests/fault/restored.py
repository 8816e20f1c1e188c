#!/usr/bin/env python3
"""Any part of a data folder restored from an older backup, or lost: the documents delivered once more, the exports are
those of an undisturbed folder, and a correction that comes later becomes current."""
import itertools
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import Folder, expect, expect_same, export_all, run, synthesize

PARTS = {"log": ["log.db"], "store": ["store.db"], "archive": ["archive"]}


def replace(data, name, by=None):
    """Replaces a part by its copy in `by`, or removes it."""
    for suffix in ("", "-wal", "-shm"):
        path = data / (name + suffix)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if by is not None:
        copy = by / name
        (shutil.copytree if copy.is_dir() else shutil.copy)(copy, data / name)


with Folder() as folder:
    documents = sorted(synthesize(folder / "documents", 6).iterdir())
    inbox = folder / "in"
    inbox.mkdir()

    def deliver(data, *names):
        for document in names:
            shutil.copy(document, inbox)
        return run("ingest", inbox, "--data-dir", data, code=None)

    data = folder / "data"
    deliver(data, *documents[:3])
    backup = shutil.copytree(data, folder / "backup")
    deliver(data, *documents[3:5])
    sound = shutil.copytree(data, folder / "sound")
    expected = export_all(sound, folder / "expected")
    # Another price in the last document: its own correction.
    correction = documents[4].read_text("utf-8").replace("。", "；。", 1)
    corrected = folder / "corrected" / documents[4].name
    corrected.parent.mkdir()
    corrected.write_text(correction, "utf-8")
    tried = 0
    for size in (1, 2, 3):
        for parts, source in itertools.product(itertools.combinations(PARTS, size), (backup, None)):
            what = f"{' and '.join(parts)} {'restored from an older copy' if source else 'lost'}"
            shutil.rmtree(data)
            shutil.copytree(sound, data)
            shutil.copy(documents[4], inbox)
            for part in parts:
                for name in PARTS[part]:
                    replace(data, name, source)
            out, err = deliver(data)
            expect_same(expected, export_all(data, folder / "out"), f"{what}: {out}{err}")
            out, _ = run("status", "--data-dir", data)
            expect(" 0 set aside, 0 rejected" in out, f"{what}: {out}")
            deliver(data, corrected)
            changed = export_all(data, folder / "changed")
            expect(changed["sections.ndjson"] != expected["sections.ndjson"], f"{what}: the correction is not current")
            tried += 1
    expect(tried == 14, f"{tried} cases")
    print(f"{tried} folders with restored or lost parts export what they did")
