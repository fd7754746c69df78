#!/usr/bin/python3
"""Names every message of docs/TROUBLESHOOTING.md that no source has.

usage: check_messages.py ROOT

Exits 1 when there is one. The parts of a message between "…" have to be in literals of the product's
C++, as a whole or in pieces that are put together. Messages of gRPC, as the page says, are passed over.
"""

import pathlib
import re
import sys

FOLDERS = ("client", "model", "proto", "server")
SHORTEST_PIECE = 6  # letters


def literals(root):
    """The text of all string literals, adjacent ones joined, one a line."""
    found = []
    for folder in FOLDERS:
        for file in sorted(root.glob(f"{folder}/**/*.[ch]*")):
            code = re.sub(r'"\s*\n\s*"', "", file.read_text())
            found += re.findall(r'"((?:[^"\\\n]|\\.)*)"', code)
    return "\n".join(text.replace('\\"', '"') for text in found)


def messages(page):
    """Message and advice of each row of the tables."""
    return re.findall(r"^\| `([^`]+)` \| (.*) \|$", page, re.MULTILINE)


def is_known(part, known):
    """Whether the literals have the text, or pieces that it consists of."""
    return part in known or any(
        part[:end] in known and is_known(part[end:], known)
        for end in range(SHORTEST_PIECE, len(part) - SHORTEST_PIECE + 1))


def main(root):
    known = literals(root)
    rows = messages((root / "docs" / "TROUBLESHOOTING.md").read_text())
    missing = [(message, part) for message, advice in rows if not advice.startswith("From gRPC")
               for part in (text.strip(' ".;') for text in message.split("…"))
               if not is_known(part, known)]
    for message, part in missing:
        print(f"docs/TROUBLESHOOTING.md: {message}\n  no source has: {part}")
    return 1 if missing or not rows else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
