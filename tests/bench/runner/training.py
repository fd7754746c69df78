"""The trainer against the same loop written in PyTorch."""

import json
import os

import session as s

# Hidden and latent size: the paper's for letter, and the width that detects better.
SIZES = {"letter, h=16": (16, 11), "letter, h=128": (128, 11)}


def training(session):
    """Mini-batches a second on one thread, measured in turn."""
    data = session.rows_of("letter", "train")
    iterations = 500 if session.quick else 4000
    core = sorted(os.sched_getaffinity(0))[-1:]
    # Kindly to the peer, which is faster with its memory kept.
    environment = s.peer_environment(OMP_NUM_THREADS="1", **s.KEEP_FREED_MEMORY)

    def rate(command, hidden, latent, count):
        options = [f"--data={data}", f"--hidden={hidden}", f"--latent={latent}",
                   f"--iterations={count}"]
        line = s.run(s.pin(core, [*command, *options]), env=environment)
        return json.loads(line)["iterations_per_second"]

    ours = [s.PROGRAMS / "advae-train-bench"]
    peer = ["/usr/bin/python3", s.ROOT / "tests/bench/peers/pytorch_trainer.py"]
    table = ["| networks | ours, mini-batches/s | PyTorch, mini-batches/s | ratio |",
             "|---|---|---|---|"]
    for name, (hidden, latent) in SIZES.items():
        pairs = [(rate(ours, hidden, latent, iterations), rate(peer, hidden, latent, iterations // 4))
                 for _ in range(session.rounds())]
        ratio = s.median_ratio(pairs)
        session.record(f"training, {name}: mini-batches/s over PyTorch's", ratio, "x", at_least=3)
        best = [max(rates) for rates in zip(*pairs)]
        table.append(f"| {name} | {best[0]:,.0f} | {best[1]:,.0f} | {ratio:.1f} |")
    session.sections.append(
        ("Training", "\n".join(table) + "\n\nMini-batches of 128 rows on one thread; the peer is "
         "`tests/bench/peers/pytorch_trainer.py`, with autograd and `torch.optim.Adam`."))
