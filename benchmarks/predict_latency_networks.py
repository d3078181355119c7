"""The networks that latency is foretold for: families of timm and torchvision with drawn weights, and pruned ones."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewise.prune.architectures import randomise
from edgewise.store import atomic_path
from edgewise.zoo.export import to_onnx
from edgewise.zoo.tiny.shipped import NAMES, shipped_path

SEED = 0


@dataclass(frozen=True)
class Network:
    """One network; those of one family are told apart by widths and depths alone."""

    source: str  # timm:NAME, torchvision:NAME or tiny:NAME
    family: str
    size_px: int = 224
    keep: float = 1.0  # of the channels of every group

    @property
    def name(self) -> str:
        plain = self.source if self.source.startswith("tiny:") else self.source.partition(":")[2]
        kept = "" if self.keep == 1 else f", {100 * self.keep:.0f}% of channels"
        return f"{plain}{kept}{'' if self.size_px in (32, 64, 224) else f', {self.size_px} px'}"


NETWORKS = (
    Network("timm:resnet18", "ResNet"),
    Network("timm:resnet18", "ResNet", size_px=160),
    Network("timm:resnet18", "ResNet", keep=0.7),
    Network("timm:resnet34", "ResNet"),
    Network("timm:resnet34", "ResNet", keep=0.6),
    Network("timm:resnet50", "ResNet"),
    Network("timm:resnet50", "ResNet", keep=0.5),
    Network("timm:resnext50_32x4d", "ResNeXt"),
    Network("timm:mobilenetv2_050", "MobileNetV2"),
    Network("timm:mobilenetv2_100", "MobileNetV2"),
    Network("timm:mobilenetv2_100", "MobileNetV2", keep=0.6),
    Network("timm:mobilenetv3_small_100", "MobileNetV3"),
    Network("timm:mobilenetv3_large_100", "MobileNetV3"),
    Network("timm:mobilenetv3_large_100", "MobileNetV3", size_px=160),
    Network("timm:mobilenetv3_large_100", "MobileNetV3", keep=0.7),
    Network("timm:efficientnet_lite0", "EfficientNet"),
    Network("timm:efficientnet_lite0", "EfficientNet", keep=0.7),
    Network("timm:efficientnet_b0", "EfficientNet"),
    Network("timm:mnasnet_100", "MnasNet"),
    Network("timm:fbnetc_100", "FBNet"),
    Network("timm:lcnet_100", "LCNet"),
    Network("timm:ghostnet_100", "GhostNet"),
    Network("timm:regnetx_004", "RegNet"),
    Network("timm:regnety_004", "RegNet"),
    Network("timm:densenet121", "DenseNet"),
    Network("timm:vgg11", "VGG"),
    Network("timm:vgg11_bn", "VGG", keep=0.5),
    Network("timm:repvgg_a0", "RepVGG"),
    Network("timm:convnext_atto", "ConvNeXt"),
    Network("timm:inception_v3", "Inception"),
    Network("timm:deit_tiny_patch16_224", "ViT"),
    Network("torchvision:googlenet", "GoogLeNet"),
    Network("torchvision:squeezenet1_1", "SqueezeNet"),
    Network("torchvision:shufflenet_v2_x1_0", "ShuffleNet"),
    Network("torchvision:alexnet", "AlexNet"),
    *(Network(name, "bundled", size_px=32 if name == "tiny:xs" else 64) for name in NAMES),
)


def exported(network: Network, work: Path) -> Path:
    """Its ONNX file, which is kept in `work`."""
    kind, _, name = network.source.partition(":")
    if kind == "tiny":
        return shipped_path(network.source, ".onnx")
    path = work / f"{kind}-{name}-{network.keep:g}-{network.size_px}.onnx"
    if not path.is_file():
        work.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary:
            temporary.write_bytes(to_onnx(_built(network, kind, name), network.size_px, network.name))
    return path


def _built(network: Network, kind: str, name: str) -> Any:
    """Drawn weights and norms: an exporter folds away what starts as zero."""
    import torch

    from edgewise.prune.torch_pruning_groups import find_groups

    torch.manual_seed(SEED)
    module = _BUILDERS[kind](name).eval()
    randomise(module, SEED)
    if network.keep == 1:
        return module
    from edgewise.prune.surgery import cut_groups

    groups = find_groups(module, torch.randn(1, 3, network.size_px, network.size_px))
    halves = {
        group.name: range(max(1, round(network.keep * group.channels))) for group in groups if group.whole is None
    }
    return cut_groups(module, groups, halves).eval()


def _timm(name: str) -> Any:
    from edgewise.zoo.timm_catalogue import import_timm

    return import_timm("The benchmark").create_model(name)


def _torchvision(name: str) -> Any:
    from edgewise.zoo.loaders.torchvision import import_models

    options = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    return import_models("The benchmark").get_model(name, weights=None, **options)


_BUILDERS: dict[str, Callable[[str], Any]] = {"timm": _timm, "torchvision": _torchvision}
