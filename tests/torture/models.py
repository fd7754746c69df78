"""Models for the attacks, trained once a run by advae-trainer."""

import hashlib
import json
import pathlib
import random
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PUMP = ROOT / "examples" / "pumping_station" / "train.csv"

# Flags of advae-trainer, and how many rows of the pumping station it gets; None for all. Networks alone,
# as attacks need rows of a known price.
_MODELS = {
    # A usual one, small.
    "pump": (("--ensemble-size=1", "--epochs=2", "--alpha=0.05"), None),
    # All but free to score.
    "cheap": (("--ensemble-size=1", "--epochs=2", "--samples=1", "--hidden-size=4"), None),
    # Too slow to be scored at once on the thread that brought 16 rows.
    "medium": (("--ensemble-size=1", "--epochs=2", "--samples=2048"), 64),
    # Some milliseconds for 16 rows, so that a slow client can bring too many.
    "heavy": (("--ensemble-size=1", "--epochs=2", "--samples=4096"), 64),
    # Legal, and far too large for one batch of 64 rows.
    "huge": (("--ensemble-size=1", "--epochs=1", "--samples=65536", "--hidden-size=512"), 2),
    "giant": (("--ensemble-size=1", "--epochs=1", "--samples=65536", "--hidden-size=1536"), 2),
    # Much memory for each version.
    "wide": (("--ensemble-size=1", "--epochs=1", "--samples=64", "--hidden-size=4096"), 2),
}
MANY_SCORES = 1_000_000  # training rows of model "scores"


def rows(count=None):
    """The header and lines of the pumping station's training rows."""
    lines = PUMP.read_text().splitlines()
    return lines[0], lines[1:] if count is None else lines[1:1 + count]


def train(programs, repository, name, data, flags):
    result = subprocess.run(
        [programs / "advae-trainer", "train", name, f"--repository={repository}",
         f"--data={data}", "--memory-rows=0", *flags], capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(f"training of {name}: {result.stderr[-500:]}")


def prepare(programs, cache, names):
    """Trains those of `names` that `cache`, a repository, lacks."""
    cache.mkdir(exist_ok=True)
    for name in names:
        if (cache / name).exists():
            continue
        data = cache.parent / f"{name}.csv"
        if name == "scores":
            generator = random.Random(1)
            lines = (f"{generator.random():.4f}" for _ in range(MANY_SCORES))
            data.write_text("value\n" + "\n".join(lines) + "\n")
            flags = ("--ensemble-size=1", "--epochs=1", "--samples=1", "--hidden-size=1",
                     "--batch-size=1000000")
        else:
            flags, count = _MODELS[name]
            header, lines = rows(count)
            data.write_text("\n".join([header, *lines]) + "\n")
        train(programs, cache, name, data, flags)
        data.unlink()


def copy(cache, repository, names):
    repository.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copytree(cache / name, repository / name)


def copy_as(source, repository, name):
    """Copies a model with one version under another name, with digests that are right."""
    shutil.copytree(source, repository / name)
    version = repository / name / "1"
    manifest = json.loads((version / "manifest.json").read_text())
    manifest["info"]["model"] = name
    text = json.dumps(manifest)
    (version / "manifest.json").write_text(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    (version / "manifest.sha256").write_text(f"{digest}  manifest.json\n")
