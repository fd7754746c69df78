"""Progress bars: in a terminal, in a notebook, and none."""

import shutil
import sys

_WIDTH = 30


def _line(what, done, total, seconds_left, width=_WIDTH):
    filled = width * done // max(total, 1)
    left = ""
    if seconds_left is not None:
        left = f"  {int(seconds_left) // 60}:{int(seconds_left) % 60:02} left"
    return f"[{'#' * filled}{'.' * (width - filled)}] {what} {done}/{total}{left}"


class NoProgress:
    def update(self, done, total, seconds_left=None):
        pass

    def close(self):
        pass


class CallbackProgress(NoProgress):
    def __init__(self, function):
        self.update = lambda done, total, seconds_left=None: function(done, total, seconds_left)


class TerminalProgress:
    """A line that is drawn in place."""

    def __init__(self, what, stream):
        self._what = what
        self._stream = stream
        self._is_drawn = False

    def update(self, done, total, seconds_left=None):
        columns = max(shutil.get_terminal_size().columns - 1, 1)
        line = _line(self._what, done, total, seconds_left)[:columns]
        self._stream.write(f"\r{line}\x1b[K")
        self._stream.flush()
        self._is_drawn = True

    def close(self):
        if self._is_drawn:
            self._stream.write("\n")
            self._stream.flush()


class NotebookProgress:
    """A line below the cell, replaced as work goes on; of text, so that every front end shows
    it."""

    def __init__(self, what, display):
        self._what = what
        self._display = display
        self._handle = None

    def update(self, done, total, seconds_left=None):
        data = {
            "text/plain": _line(self._what, done, total, seconds_left),
            "text/html": f'<progress value="{done}" max="{max(total, 1)}" '
            f'aria-label="{self._what}"></progress> '
            f"{self._what} {done}/{total}",
        }
        if self._handle is None:
            self._handle = self._display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)

    def close(self):
        pass


def _notebook_display():
    """IPython's display function in a notebook, otherwise None."""
    if "IPython" not in sys.modules:
        return None
    from IPython import display, get_ipython  # pylint: disable=import-outside-toplevel

    shell = get_ipython()
    return display.display if shell is not None and hasattr(shell, "kernel") else None


def make(progress, what):
    """What `progress`, the argument of a method, stands for."""
    if callable(progress):
        return CallbackProgress(progress)
    if progress is False:
        return NoProgress()
    display = _notebook_display()
    if display is not None:
        return NotebookProgress(what, display)
    if progress or sys.stderr is not None and sys.stderr.isatty():
        return TerminalProgress(what, sys.stderr)
    return NoProgress()
