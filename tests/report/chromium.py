"""Debian's Chromium, headless: what a page becomes in it, and how it looks."""

import html
import json
import pathlib
import re
import subprocess
import tempfile

LIMIT_SECONDS = 60

# Appended to a copy of a page: what its charts have drawn, and where.
PROBE = """<script>
const drawn = [...document.querySelectorAll("canvas")].map((canvas) => {
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let inked = 0;
  for (let i = 3; i < data.length; i += 4) inked += data[i] > 0;
  const {x, y, width, height} = canvas.getBoundingClientRect();
  return {title: canvas.getAttribute("aria-label"), share: 4 * inked / data.length,
          box: [x, y, x + width, y + height]};
});
const overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
document.body.dataset.probe = JSON.stringify(
    {drawn, overflow, height: document.documentElement.scrollHeight});
</script>
</body>"""


def _run(*flags):
    """Standard output. Fails when the page says something on its console, such as an error."""
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
             "--enable-logging=stderr", f"--user-data-dir={profile}", *flags],
            capture_output=True, text=True, timeout=LIMIT_SECONDS)
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    if done.returncode != 0 or console:
        raise AssertionError("\n".join(console) or done.stderr)
    return done.stdout


class Page:
    """A page once its scripts have run, in a window of this width."""

    def __init__(self, path, width):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "page.html"
            copy.write_text(pathlib.Path(path).read_text().replace("</body>", PROBE))
            dom = _run(f"--window-size={width},1000", "--dump-dom", f"file://{copy}")
        probe = json.loads(html.unescape(re.search(r'data-probe="([^"]*)"', dom)[1]))
        self.charts = probe["drawn"]  # of each: title, share of its pixels with ink, box
        self.overflow = probe["overflow"]  # pixels by which it is wider than the window
        self.height = probe["height"]
        body = dom.split("<main", 1)[1]
        self.headings = [html.unescape(text) for text in re.findall(r"<h2[^>]*>(.*?)</h2>", body)]
        self.title = html.unescape(re.search(r"<h1[^>]*>(.*?)</h1>", body)[1])


def screenshot(path, picture, width, height):
    """Draws the page's first `height` pixels as a PNG."""
    _run(f"--window-size={width},{height}", f"--screenshot={picture}",
         f"file://{pathlib.Path(path).resolve()}")
