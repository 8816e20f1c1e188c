#!/usr/bin/env python3
"""Writes fold_table.inc: pairs {code point, matching form} from the Unicode character database (package unicode-data).

Radicals map to their EquivalentUnifiedIdeograph, traditional characters to their kSimplifiedVariant if it is one
character and the source is not itself a simplified form. After a new version of unicode-data, run
make_fold_table.py > fold_table.inc
"""
import bz2
import re

pairs = {}
for line in open("/usr/share/unicode/EquivalentUnifiedIdeograph.txt", encoding="utf-8"):
    found = re.match(r"([0-9A-F]{4,6})(?:\.\.([0-9A-F]{4,6}))?\s*;\s*([0-9A-F]{4,6})", line)
    if found:
        first, last, to = int(found[1], 16), int(found[2] or found[1], 16), int(found[3], 16)
        for source in range(first, last + 1):
            if source < 0x10000 and to < 0x10000:
                pairs[source] = to
for line in bz2.open("/usr/share/unicode/Unihan_Variants.txt.bz2", "rt", encoding="utf-8"):
    found = re.match(r"U\+([0-9A-F]{4})\tkSimplifiedVariant\tU\+([0-9A-F]{4})$", line.rstrip())
    if found and found[1] != found[2]:
        pairs[int(found[1], 16)] = int(found[2], 16)
print("// Made by make_fold_table.py from the Unicode character database. Do not edit.")
row = []
for source, to in sorted(pairs.items()):
    row.append(f"{{0x{source:04X}, 0x{to:04X}}},")
    if len(row) == 6:
        print(" ".join(row))
        row = []
if row:
    print(" ".join(row))
