"""`edgewise zoo`."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]
USAGE = 2


class TestList:
    def test_says_what_the_cards_say(self, in_process: Run) -> None:
        done = in_process("zoo", "list", "--json")
        cards = json.loads(done.stdout)
        assert [card["name"] for card in cards] == ["tiny:xs", "tiny:s", "tiny:m", "tiny:l"]
        assert all(card["licence"] == "Apache-2.0" and card["macs"] > 0 for card in cards)
        assert "73.1 M" in in_process("zoo", "list").stdout

    def test_filters(self, in_process: Run) -> None:
        done = in_process("zoo", "list", "tiny:*", "--max-macs", "10e6", "--match", "*[sm]", "--kind", "tiny", "--json")
        assert [card["name"] for card in json.loads(done.stdout)] == ["tiny:xs", "tiny:s", "tiny:m"]

    def test_filters_that_leave_nothing(self, in_process: Run) -> None:
        none = in_process("zoo", "list", "tiny:*", "--kind", "onnx")
        assert (none.returncode, none.stdout) == (0, "")
        assert "no classifier is left" in none.stderr

    def test_a_kind_that_is_none(self, in_process: Run) -> None:
        unknown = in_process("zoo", "list", "--kind", "onxx")
        assert unknown.returncode == USAGE
        assert "--kind onxx is no kind" in unknown.stderr

    @pytest.mark.slow
    @pytest.mark.torch
    def test_catalogues(self, in_process: Run) -> None:
        names = ("timm:mobilenetv3_small_*", "torchvision:mobilenet_v3_*", "timm:resnet18")
        rows = {row["source"]: row for row in json.loads(in_process("zoo", "list", *names, "--json").stdout)}
        assert rows["timm:mobilenetv3_small_100"]["size_px"] == 224
        assert rows["timm:mobilenetv3_small_100"]["params"] is None
        assert rows["torchvision:mobilenet_v3_small"]["params"] == 2_542_856
        small = json.loads(in_process("zoo", "list", *names, "--max-params", "3e6", "--json").stdout)
        assert {row["source"] for row in small} == {
            "timm:mobilenetv3_small_050",
            "timm:mobilenetv3_small_075",
            "timm:mobilenetv3_small_100",
            "torchvision:mobilenet_v3_small",
        }
        assert {row["params"] for row in small} >= {2_542_856}  # timm's and torchvision's are one network
        assert all(10e6 < row["macs"] < 70e6 for row in small)

    @pytest.mark.slow
    @pytest.mark.torch
    def test_eighty_columns_hold_a_catalogue(self, edgewise: Run) -> None:
        done = edgewise("zoo", "list", "timm:test_eff*", env=os.environ | {"COLUMNS": "80"})
        head, *rows = done.stdout.splitlines()
        assert head.split() == ["source", "px", "classes", "licence"]  # nothing is known of the others
        assert all(row.startswith("timm:test_efficientnet") for row in rows)
        assert max(map(len, rows)) <= 80


class TestDescribe:
    def test_all_that_it_is(self, in_process: Run) -> None:
        found = json.loads(in_process("zoo", "describe", "tiny:s", "--json").stdout)
        assert (found["engine"], found["classes"], found["members"]) == ("ONNX Runtime", 10, [])
        assert (found["input"]["layout"], found["input"]["preprocess"]["size_px"]) == ("nchw", 64)
        shown = in_process("zoo", "describe", "tiny:s", "--quiet")
        assert shown.stderr == ""
        rows = dict(line.split(maxsplit=1) for line in shown.stdout.splitlines())
        assert rows["input"].strip() == "float32 NCHW, 64 x 64"
        assert rows["licence"].strip() == found["licence"]

    def test_an_ensemble_has_no_input_of_its_own(self, in_process: Run) -> None:
        found = json.loads(in_process("zoo", "describe", "ensemble:tiny:s+tiny:m", "--json").stdout)
        assert (found["input"], found["engine"], found["members"]) == (None, "ONNX Runtime", ["tiny:s", "tiny:m"])
        assert "each member's own" in in_process("zoo", "describe", "ensemble:tiny:s+tiny:m").stdout

    def test_one_at_a_time(self, in_process: Run) -> None:
        done = in_process("zoo", "describe", "tiny:*")
        assert done.returncode == USAGE
        assert "'tiny:*' means 4 classifiers" in done.stderr


class TestExport:
    @pytest.mark.slow
    @pytest.mark.torch
    def test_an_exported_network_answers_equally(self, in_process: Run, tmp_path: Path, drawn_folder: Path) -> None:
        """timm's through PyTorch and its export through ONNX Runtime, by the real commands, on the drawn images."""
        import numpy as np
        import torch
        from safetensors.torch import save_file

        from edgewise.drawn import CLASSES
        from edgewise.zoo.timm_catalogue import import_timm
        from tests.zoo.random_networks import draw_weights

        torch.manual_seed(0)
        network = import_timm("this test").create_model("test_resnet", num_classes=len(CLASSES)).eval()
        draw_weights(network, 160)
        save_file({key: value.contiguous() for key, value in network.state_dict().items()}, tmp_path / "w.safetensors")
        (tmp_path / "zoo.toml").write_text(
            '[[model]]\nsource = "timm:test_resnet"\nweights = "w.safetensors"\n'
            f"classes = {json.dumps(list(CLASSES))}\n"
        )
        exported = in_process("export", tmp_path / "zoo.toml", "--out", tmp_path / "onnx", "--json")
        assert exported.returncode == 0, exported.stderr
        (file,) = json.loads(exported.stdout)["written"]
        assert file["model"] == str(tmp_path / "onnx" / "test_resnet.onnx")
        found = {}
        for name, zoo in (("torch", tmp_path / "zoo.toml"), ("onnx", file["model"])):
            out = tmp_path / f"{name} profile"
            done = in_process("profile", "--zoo", zoo, "--data", drawn_folder, "--out", out, "--json")
            assert done.returncode == 0, done.stderr
            (logits,) = (out / "logits").iterdir()
            found[name] = np.load(logits).astype(np.float64)
        assert np.ptp(found["torch"], axis=0).max() > 1
        np.testing.assert_allclose(found["onnx"], found["torch"], atol=1e-3 * np.abs(found["torch"]).max())


@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.long
def test_trained_networks_are_a_zoo(in_process: Run, tmp_path: Path, drawn_folder: Path) -> None:
    out = tmp_path / "nets"
    done = in_process("zoo", "train-tiny", "--out", out, "--per-class", "8", "--epochs", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == 4
    profiled = in_process(
        "profile", "--zoo", f"onnx:{out}/*.onnx", "--data", drawn_folder, "--out", tmp_path / "p", "--json"
    )
    assert len(json.loads(profiled.stdout)["models"]) == 4
