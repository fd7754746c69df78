#!/usr/bin/python3
"""Names every link of a document that leads nowhere, and every page below docs/ that no index names.

usage: check_documents.py ROOT

Exits 1 when there is one. Links to other sites are not followed.
"""

import pathlib
import re
import sys


def without_code(text):
    """The text without blocks and spans of code."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", lambda code: code[0].strip("`"), text)


def anchors(text):
    """The anchors of the headings, as GitHub makes them."""
    found, counts = set(), {}
    for heading in re.findall(r"^#+ (.*)$", without_code(text), re.MULTILINE):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = counts[anchor] = counts.get(anchor, -1) + 1
        found.add(f"{anchor}-{count}" if count else anchor)  # equal headings are numbered
    return found


def links(text):
    """Link targets, without those to other sites."""
    targets = re.findall(r"\]\(([^)\s]+)\)", without_code(text))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def dead_links(document):
    for target in links(document.read_text()):
        path, _, anchor = target.partition("#")
        file = document.parent / path if path else document
        if not file.exists():
            yield f"{target}: there is no such file"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text()):
            yield f"{target}: there is no such heading"


def unlisted(index):
    """The pages beside an index that it does not name."""
    listed = {target.partition("#")[0] for target in links(index.read_text())}
    for page in sorted(index.parent.glob("*.md")):
        if page != index and page.name not in listed:
            yield f"does not name {page.name}"


def main(root):
    failures = []
    documents = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("examples/*/*.md")]
    for document in sorted(documents):
        failures += [f"{document.relative_to(root)}: {what}" for what in dead_links(document)]
    for index in sorted(root.glob("docs/**/README.md")):
        failures += [f"{index.relative_to(root)}: {what}" for what in unlisted(index)]
    print("\n".join(failures))
    return 1 if failures or not documents else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
