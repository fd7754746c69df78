#!/usr/bin/python3
"""The commands with buf curl in docs/CLIENTS.md, against a real server.

usage: shell_test.py PACKAGES SERVER TRAINER

PACKAGES is a folder that keeps the npm package @bufbuild/buf; SERVER is advae-server, TRAINER the fake
trainer of tests/server. Exits with 77 without grpcio, and where the package cannot be had
(tests/testing/npm_packages).
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import tested_server
except ImportError:
    print("skipped: needs python3-grpcio")
    sys.exit(77)

ROOT = pathlib.Path(__file__).parent.parent.parent
BUF = "@bufbuild/buf@1.75.0"
CURL = "buf curl --protocol grpc --http2-prior-knowledge"
TRAINING = '{"spec": {"model": "pump"}} {"rows": {"columns": 3, "values": [1, 2, 3, 4, 5, 6]}}'


def run(command, packages, code=0):
    done = subprocess.run(
        ["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False, timeout=tested_server.LIMIT_SECONDS,
        env={**os.environ, "PATH": f"{packages}/node_modules/.bin:{os.environ['PATH']}"})
    assert (done.returncode == 0) == (code == 0), f"{command} exits with {done.returncode}:\n{done.stdout}"
    return done.stdout


def commands_of_the_page():
    page = (ROOT / "docs/CLIENTS.md").read_text()
    block = re.search(r"## From a shell\n.*?```sh\n(.*?)```", page, re.DOTALL).group(1)
    return block.replace("\\\n", " ").splitlines()


def main():
    packages, program, trainer = sys.argv[1:]
    packages = pathlib.Path(packages).absolute()
    had = subprocess.run([ROOT / "tests/testing/npm_packages", packages, BUF], check=False).returncode
    if had != 0:
        return had
    with tempfile.TemporaryDirectory() as folder:
        server = tested_server.Server(program, trainer, folder)
        try:
            url = f"http://{server.address}"
            run(f"{CURL} --data '{TRAINING}' {url}/advae.v1.AnomalyDetector/Train", packages)
            listed, described, scored = (
                run(command.replace("http://127.0.0.1:50051", url), packages)
                for command in commands_of_the_page())
            unknown = run(f"{CURL} --data '{{\"model\": \"valve\"}}' "
                          f"{url}/advae.v1.ModelRegistry/GetModel", packages, code=1)
        finally:
            server.stop()
    assert "advae.v1.AnomalyDetector/ScoreStream" in listed, listed
    assert json.loads(described)["summary"]["model"] == "pump", described
    assert len(json.loads(scored)["scores"]) == 1, scored
    assert "google.rpc.ResourceInfo" in unknown, unknown
    print("buf curl lists, describes and scores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
