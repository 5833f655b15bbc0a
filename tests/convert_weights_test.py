"""scripts/convert_weights: what becomes of things that torch.save wrote, and of files it did not write so."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from deepx.models import torch_weights

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "convert_weights"


def test_help_makes_no_environment():
    told = subprocess.run([sys.executable, SCRIPT, "--help"], capture_output=True, text=True, check=True)
    assert len(told.stdout.splitlines()) <= 24 and max(map(len, told.stdout.splitlines())) <= 120
    assert "./scripts/convert_weights resnet56" in told.stdout and not told.stderr


@pytest.mark.parametrize(("argv", "message"), [(["none.th", "a.npz"], "no file none.th"), ([SCRIPT, "a"], "in .npz")])
def test_mistakes_are_told_before_an_environment_is_made(argv, message):
    ended = subprocess.run([sys.executable, SCRIPT, *argv], capture_output=True, text=True)
    assert ended.returncode == 2 and message in ended.stderr


class Conversion:
    """What the second half of the script makes of things that torch.save wrote."""

    def __init__(self, folder: Path, capsys):
        self.torch = pytest.importorskip("torch")
        self.file, self.out, self.capsys = folder / "net.th", folder / "net.npz", capsys

    def of(self, content, **options) -> str:
        """Saves and converts; what the script said."""
        self.torch.save(content, self.file, **options)
        return self.again()

    def again(self) -> str:
        import convert_weights_torch

        status = convert_weights_torch.main(self.file, self.out)
        said = self.capsys.readouterr()
        assert status == (2 if said.err else 0) and not list(self.file.parent.glob("*.partial"))
        return said.err or said.out


@pytest.fixture
def conversion(tmp_path, capsys):
    return Conversion(tmp_path, capsys)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_state_dict_becomes_plain_arrays(conversion, zipped):
    torch = conversion.torch
    weight = torch.arange(6.0).reshape(2, 3)
    state = {"module.fc.weight": weight.half().T, "module.bn.num_batches_tracked": torch.tensor(7)}
    content = {"state_dict": state, "best_prec1": 91.7}
    said = conversion.of(content, _use_new_zipfile_serialization=zipped)
    assert said == f"{conversion.out}: 2 arrays, 7 numbers.\n"
    arrays = torch_weights.read(conversion.out)
    np.testing.assert_array_equal(arrays["fc.weight"], weight.T)
    assert arrays["fc.weight"].dtype == np.float32 and arrays["bn.num_batches_tracked"] == 7
    conversion.of({"module.a": weight, "b": weight})
    assert set(torch_weights.read(conversion.out)) == {"module.a", "b"}


class Code:
    def __init__(self, trace: Path):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_file_is_refused_and_not_run(conversion, tmp_path, zipped):
    said = conversion.of({"a": Code(tmp_path / "ran")}, _use_new_zipfile_serialization=zipped)
    assert f"{conversion.file} holds more than tensors: to read it would be to run its posix.mkdir." in said
    assert not (tmp_path / "ran").exists() and not conversion.out.exists()


def test_a_whole_net_or_a_program_is_refused(conversion):
    torch = conversion.torch
    assert "run its torch.nn.modules.linear.Linear. Where you trust it" in conversion.of(torch.nn.Linear(2, 3))
    with warnings.catch_warnings(action="ignore"):  # of PyTorch about its age
        torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 3), torch.zeros(1, 2)), conversion.file)
    assert "holds a program (TorchScript), no state dict" in conversion.again()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_cut_short_is_told_and_what_was_there_is_kept(conversion, zipped):
    conversion.of({"a": conversion.torch.zeros(1000)}, _use_new_zipfile_serialization=zipped)
    before, whole = conversion.out.read_bytes(), conversion.file.read_bytes()
    for length in (0, 1, 10, 100, len(whole) // 2, len(whole) - 1):
        conversion.file.write_bytes(whole[:length])
        assert f"{conversion.file} is cut short, damaged, or not written by torch.save" in conversion.again()
    assert conversion.out.read_bytes() == before


def test_what_is_no_state_dict_is_described(conversion):
    zeros = conversion.torch.zeros(2)
    assert "holds no state dict, but a list. Nothing was written." in conversion.of([zeros])
    assert "no state dict, but a dict." in conversion.of({})
    said = conversion.of({"model": {"a": zeros}, "epoch": 3})
    assert "here 'model' is a dict of a, 'epoch' is an int" in said
    assert "here 1 is a Tensor" in conversion.of({1: zeros})
    assert "'a' of" in conversion.of({"a": zeros.to_sparse()}) and not conversion.out.exists()


def test_a_full_disk_is_told_and_what_was_there_is_kept(conversion, monkeypatch):
    def full(file, **options):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    conversion.of({"a": conversion.torch.zeros(2)})
    monkeypatch.setattr(np, "savez", full)
    assert "No space left" in conversion.of({"a": conversion.torch.ones(2)})
    assert torch_weights.read(conversion.out)["a"].tolist() == [0, 0]


def test_a_folder_that_is_not_there_is_told(conversion):
    conversion.out = conversion.out.parent / "none" / "net.npz"
    assert "No such file or directory" in conversion.of({"a": conversion.torch.zeros(2)})
