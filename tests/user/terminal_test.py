#!/usr/bin/python3
"""What `advae` shows on a terminal, and what Ctrl-C does.

usage: terminal_test.py FOLDER_OF_PROGRAMS
"""

import fcntl
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "monitoring"))
import stack  # noqa: E402

TRAIN = str(ROOT / "examples/pumping_station/train.csv")
LIMIT_SECONDS = 240


class Terminal:
    """A program on a terminal of its own, which is its standard input and error."""

    def __init__(self, columns, *command):
        self._side, program_side = pty.openpty()
        fcntl.ioctl(program_side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(
            command, stdin=program_side, stdout=subprocess.PIPE, stderr=program_side,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(program_side)
        self._text = b""
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        while True:
            try:
                part = os.read(self._side, 4096)
            except OSError:  # the program has closed its side
                part = b""
            with self._changed:
                self._text += part
                self._changed.notify_all()
            if not part:
                return

    def wait_for(self, pattern):
        """Waits until the terminal shows it, and returns the text so far."""
        with self._changed:
            shown = self._changed.wait_for(lambda: re.search(pattern, self._text.decode()),
                                           LIMIT_SECONDS)
            assert shown, f"no {pattern} in {self._text!r}"
            return self._text.decode()

    def holds_interrupts(self):
        """Whether the program has taken over what Ctrl-C does."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^SigBlk:\s+(\w+)$", status, re.M)[1], 16) & 1 << (signal.SIGINT - 1)

    def type(self, keys):
        os.write(self._side, keys)

    def end(self):
        """Waits for the end: exit code, and all that the terminal shows."""
        code = self.process.wait(LIMIT_SECONDS)
        self._reader.join()
        self.process.stdout.close()
        os.close(self._side)
        return code, self._text.decode()


def screen_lines(text):
    """The texts that were drawn on one line each, without what moves the cursor."""
    plain = text.replace("\x1b[K", "").replace("^C", "")
    return [line for line in re.split(r"\r\n|\r|\n", plain) if line]


class TerminalTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        folder = pathlib.Path(cls.folder.name)
        cls.server = stack.Server(PROGRAMS, folder / "models", folder / "log")
        cls.addClassCleanup(cls.server.stop)

    def start(self, columns, *arguments):
        return Terminal(columns, str(PROGRAMS / "advae"), f"--server={self.server.address}",
                        *arguments)

    def test_progress_fits_the_terminal(self):
        for columns in (80, 40):
            with self.subTest(columns):
                terminal = self.start(columns, "train", "wide", f"--data={TRAIN}", "--epochs=3",
                                      "--ensemble-size=2", "--hidden-size=8")
                code, text = terminal.end()
                self.assertEqual(code, 0, text)
                lines = screen_lines(text)
                self.assertEqual(lines[0], "training wide")
                drawn = [line for line in lines if "epoch" in line and "mini-batches" not in line]
                self.assertTrue(drawn, text)
                for line in drawn:
                    self.assertLess(len(line), columns)
                if columns == 80:
                    self.assertRegex(drawn[-1], r"^\[#{10,}\] epoch 6/6  0:00 left  L_G ")

    def test_progress_is_plain_where_there_is_no_terminal(self):
        result = subprocess.run(
            [PROGRAMS / "advae", f"--server={self.server.address}", "train", "plain",
             f"--data={TRAIN}", "--epochs=3", "--ensemble-size=1", "--hidden-size=8"],
            capture_output=True, text=True, timeout=LIMIT_SECONDS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("\r", result.stderr)
        self.assertNotIn("\x1b", result.stderr)
        for line in result.stderr.splitlines():
            self.assertLessEqual(len(line), 80)

    def test_ctrl_c_ends_a_training_on_both_sides(self):
        terminal = self.start(80, "train", "stopped", f"--data={TRAIN}", "--epochs=1000000")
        terminal.wait_for(r"epoch \d")
        self.assertEqual(len(self.server.workers()), 1)
        terminal.type(b"\x03")
        code, text = terminal.end()
        self.assertEqual(code, 130)
        self.assertRegex(text, r"\r\nadvae: interrupted\r\n$")
        self.assertEqual(text.count("interrupted"), 1)
        stack.eventually(lambda: not self.server.workers(), "the end of the worker")

    def test_ctrl_c_ends_a_program_that_waits_for_its_input(self):
        terminal = self.start(80, "train", "typed", "--data=-")
        terminal.type(b"a,b\n1,2\n")
        stack.eventually(terminal.holds_interrupts, "the program handles Ctrl-C")
        terminal.type(b"\x03")
        code, text = terminal.end()
        self.assertEqual(code, 130, text)
        self.assertRegex(text, r"advae: interrupted\r\n$")
        self.assertEqual(text.count("interrupted"), 1)

    def test_a_termination_has_its_own_exit_code(self):
        terminal = self.start(80, "train", "terminated", f"--data={TRAIN}", "--epochs=1000000")
        terminal.wait_for(r"epoch \d")
        terminal.process.terminate()
        code, text = terminal.end()
        self.assertEqual(code, 143)
        self.assertRegex(text, r"\r\nadvae: interrupted\r\n$")


if __name__ == "__main__":
    PROGRAMS = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
