"""Writes weight files with the real PyTorch, for state_dict_test.cc: write_state_dicts.py FOLDER.

The elements of every tensor count up from 0 in row-major order.
"""

import pathlib
import sys

import torch

folder = pathlib.Path(sys.argv[1])


def save(state, name, **options):
    torch.save(state, folder / name, **options)


def counting(*shape, dtype=torch.float32):
    return torch.arange(torch.Size(shape).numel()).reshape(shape).to(dtype)


class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = torch.nn.Linear(3, 4)
        self.fc2 = torch.nn.Linear(4, 2)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(counting(*parameter.shape))


save(Encoder().state_dict(), "module.pt")
save(Encoder().state_dict(keep_vars=True), "parameters.pt")
save(dict(Encoder().state_dict()), "plain_dict.pt")
save({"half": counting(2, 3, dtype=torch.float16),
      "bfloat16": counting(2, 3, dtype=torch.bfloat16),
      "float": counting(2, 3),
      "double": counting(2, 3, dtype=torch.float64),
      "scalar": counting(1)[0],
      "empty": torch.zeros(0, 5)}, "types.pt")

wide = torch.zeros(4, 6)
wide[1:3, 2:5] = counting(2, 3)
save({"transposed": counting(2, 3).t().contiguous().t(),
      "slice": wide[1:3, 2:5],
      "permuted": counting(2, 3, 4).permute(2, 0, 1).contiguous().permute(1, 2, 0),
      "column": torch.stack([counting(5), counting(5)], 1)[:, 0]}, "views.pt")

save(Encoder(), "whole_module.pt")
save({"epoch": 3, "state_dict": Encoder().state_dict()}, "checkpoint.pt")
save({"steps": torch.tensor([1, 2])}, "integers.pt")
save(Encoder().state_dict(), "legacy.pt", _use_new_zipfile_serialization=False)
save(Encoder().state_dict(), "protocol4.pt", pickle_protocol=4)
torch.jit.script(torch.nn.Linear(2, 2)).save(str(folder / "torchscript.pt"))
