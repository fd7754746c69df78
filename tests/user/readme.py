"""README.md as a test reads it.

Run as a program: readme.py OUTPUT.cc writes the C++ of README.md with a main() that calls it.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text()
ADDRESS = "127.0.0.1:50051"  # of the server in the examples
HTTP_ADDRESS = "127.0.0.1:8080"


def without_blocks(text):
    """The text with blanks in place of the blocks of code."""
    return re.sub(r"^```.*?^```$", lambda code: " " * len(code[0]), text,
                  flags=re.MULTILINE | re.DOTALL)


PROSE = without_blocks(TEXT)


def section(heading):
    """The text below a heading, up to the next one of its level or above."""
    level = heading.split(" ")[0]
    start = re.search(rf"^{re.escape(heading)}$", PROSE, re.MULTILINE).end()
    end = re.search(rf"^#{{1,{len(level)}}} ", PROSE[start:], re.MULTILINE)
    return TEXT[start:start + end.start()] if end else TEXT[start:]


def blocks(text, language):
    """The code of the blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def table(text):
    """The first table's rows, without its head, as lists of cells."""
    lines = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines[2:]]


def code(cell):
    """What a text has in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def snippet_program():
    """The C++ example, for the server that ADVAE_SERVER names."""
    (snippet,) = blocks(section("### C++"), "cpp")
    assert snippet.count(f'"{ADDRESS}"') == 1
    function = re.search(r"absl::Status (\w+)\(const std::string& path\)", snippet)[1]
    return "\n".join([
        "#include <cstdlib>",
        snippet.replace(f'"{ADDRESS}"', 'std::getenv("ADVAE_SERVER")'),
        "int main(int, char** argv) {",
        f"  const absl::Status status = {function}(argv[1]);",
        "  if (status.ok()) return 0;",
        "  std::cerr << status << std::endl;",
        "  return 1;",
        "}",
        ""])


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_text(snippet_program())
