"""A release build of advae-server on free ports of the loopback."""

import os
import subprocess
import tempfile
import time
import urllib.request


class Server:
    def __init__(self, program, *flags, listen="127.0.0.1:0"):
        self.folder = tempfile.TemporaryDirectory(prefix="advae-transport-")
        self._stopping = False
        self.log = open(os.path.join(self.folder.name, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [program, f"--repository={self.folder.name}/models", f"--listen={listen}",
             "--metrics_listen=127.0.0.1:0", *flags],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening "):
            raise RuntimeError(f"the server wrote {line!r}\n{self.errors()}")
        self.address, self.metrics_address = (word.split("=")[1] for word in line.split()[1:])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.process.wait(60)
        self.process.stdout.close()
        self.log.close()
        self.folder.cleanup()

    def stop(self):
        """Tells it once to stop; a second time would end it at once."""
        if not self._stopping:
            self.process.terminate()
        self._stopping = True

    def errors(self):
        self.log.seek(0)
        return self.log.read()

    def metric(self, series):
        with urllib.request.urlopen(f"http://{self.metrics_address}/metrics", timeout=60) as page:
            for line in page.read().decode().splitlines():
                if line.startswith(series + " "):
                    return float(line.split()[-1])
        return None

    def becomes(self, series, value, limit=60):
        end = time.monotonic() + limit
        while self.metric(series) != value:
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def peak_memory(self):
        """Bytes of the largest resident memory since reset_peak."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))

    def reset_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
        return self.peak_memory()
