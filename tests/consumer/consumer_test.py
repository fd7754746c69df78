#!/usr/bin/python3
"""Programs of other projects that link advae::client: one finds it installed, one builds it with itself.

usage: consumer_test.py SOURCES BUILD SERVER TRAINER CMAKE COMPILER GENERATOR

Installs what BUILD has built from SOURCES below a temporary prefix. Configures, builds and runs both
projects of this folder; each trains and scores on a real SERVER, with the fake trainer of tests/server.
Fails when one of them looks for LibTorch.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
PROTOS = ("advae/v1/types.proto", "advae/v1/detector.proto", "advae/v1/registry.proto",
          "advae/v1/service_config.json")


def run(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, f"{command} exits with {done.returncode}:\n{done.stdout}"
    return done.stdout


def score(consumer, server, trainer, folder):
    """Runs a program of this folder against a server of its own."""
    process = subprocess.Popen(
        [server, f"--repository={folder}/models", f"--trainer={trainer}", "--listen=127.0.0.1:0",
         "--metrics_listen=127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = re.search(r"grpc=(\S+)", process.stdout.readline()).group(1)
        output = run(consumer, address)
    finally:
        process.terminate()
        process.wait()
    assert output == "scored 2 rows by version 1\n", output


def main():
    sources, build, server, trainer, cmake, compiler, generator = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        prefix = pathlib.Path(folder) / "prefix"
        run(cmake, "--install", build, "--prefix", prefix)
        for file in PROTOS:
            assert (prefix / "share/advae/proto" / file).is_file(), f"{file} is not installed"
        for project, found_by in (("installed", f"-DCMAKE_PREFIX_PATH={prefix}"),
                                  ("embedded", f"-DADVAE_SOURCES={sources}")):
            own = pathlib.Path(folder) / project
            run(cmake, "-S", HERE / project, "-B", own, "-G", generator, found_by,
                f"-DCMAKE_CXX_COMPILER={compiler}", "-DCMAKE_DISABLE_FIND_PACKAGE_Torch=ON")
            run(cmake, "--build", own, "--target", "consumer", "--parallel", 2)
            score(own / "consumer", server, trainer, own)
            print(f"{project}: trains and scores")


if __name__ == "__main__":
    main()
