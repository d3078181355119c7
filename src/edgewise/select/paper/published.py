"""The figures that the paper publishes and that ours stand beside; the page and the docs quote them from here."""

from dataclasses import dataclass
from typing import Literal

LCTES = "Taylor et al. 2018"
TECS = "Sanz Marco et al. 2019"

Unit = Literal["%", "points", "s", "ms", "x", "features", "models"]


@dataclass(frozen=True)
class Published:
    """One published figure."""

    key: str
    what: str
    value: float
    unit: Unit
    source: str
    off_figure: bool = False  # read off a figure, to about 1% of its axis
    below: bool = False  # the paper says that it is less than `value`
    signed: bool = False  # a gain or a loss

    @property
    def text(self) -> str:
        """The figure as it is quoted: "87.4%", "+12.84 points", "0.20 s (fig)"."""
        sign = "+" if self.signed else ""
        number = f"{self.value:{sign}.2f}" if self.unit == "s" else f"{self.value:{sign}g}"
        number = number.replace("-", "\N{MINUS SIGN}")
        unit = self.unit if self.unit in ("%", "x") else f" {self.unit}"
        return f"{'< ' if self.below else ''}{number}{unit}{' (fig)' if self.off_figure else ''}"


_FIGURES = (
    Published("first gain", "Algorithm 1: MobileNet_v1_100 alone", 70.75, "%", f"{LCTES}, 3.2"),
    Published("second gain", "Algorithm 1: Inception_v4 adds", 12.84, "points", f"{LCTES}, 3.2", signed=True),
    Published("third gain", "Algorithm 1: ResNet_v1_152 adds", 2.55, "points", f"{LCTES}, 3.2", signed=True),
    Published("theta", "Algorithm 1 stops at a gain of", 0.5, "points", f"{LCTES}, 3.2"),
    Published("members", "models that Algorithm 1 keeps", 3, "models", f"{LCTES}, 3.2"),
    Published("candidates", "candidate features", 29, "features", f"{LCTES}, 3.3"),
    Published("filtered", "features left by |r| > 0.75", 17, "features", f"{LCTES}, 3.3"),
    Published("chosen", "features left by elimination", 7, "features", f"{LCTES}, 3.3"),
    Published(
        "five features", "accuracy with 5 features in the place of 7", -13.9, "points", f"{LCTES}, 3.3", signed=True
    ),
    Published("more features", "accuracy with more than 7 features", -0.4, "points", f"{LCTES}, 3.3", signed=True),
    Published("chain knn.knn.knn", "premodel knn.knn.knn", 87.4, "%", f"{LCTES}, Fig. 10", off_figure=True),
    Published("chain svm.knn.knn", "premodel svm.knn.knn", 85.9, "%", f"{LCTES}, Fig. 10", off_figure=True),
    Published("chain tree.tree.tree", "premodel dt.dt.dt", 81.6, "%", f"{LCTES}, Fig. 10", off_figure=True),
    Published("chain svm.svm.svm", "premodel svm.svm.svm", 79.2, "%", f"{LCTES}, Fig. 10", off_figure=True),
    Published("single knn", "one KNN classifier", 82.1, "%", f"{LCTES}, Fig. 10", off_figure=True),
    Published("single tree", "one decision tree", 79.6, "%", f"{LCTES}, Fig. 10", off_figure=True),
    Published("single svm", "one SVM", 71.5, "%", f"{LCTES}, Fig. 10", off_figure=True),
    Published("cnn", "a CNN as the premodel", 55.5, "%", f"{LCTES}, Fig. 10", off_figure=True),
    Published("mobilenet top-1", "MobileNet, top-1", 70.9, "%", LCTES, off_figure=True),
    Published("inception top-1", "Inception_v4, top-1", 79.9, "%", LCTES, off_figure=True),
    Published("resnet top-1", "ResNet_v1_152, top-1", 76.7, "%", LCTES, off_figure=True),
    Published("premodel top-1", "premodel, top-1", 87.4, "%", LCTES, off_figure=True),
    Published("oracle top-1", "oracle, top-1", 91.2, "%", LCTES, off_figure=True),
    Published("premodel top-5", "premodel, top-5", 95.4, "%", LCTES),
    Published("oracle top-5", "oracle, top-5", 98.3, "%", LCTES),
    Published("mobilenet time", "MobileNet, time per image", 0.68, "s", LCTES, off_figure=True),
    Published("inception time", "Inception_v4, time per image", 1.71, "s", LCTES, off_figure=True),
    Published("resnet time", "ResNet_v1_152, time per image", 1.25, "s", LCTES, off_figure=True),
    Published("premodel time", "premodel, time per image", 0.97, "s", LCTES, off_figure=True),
    Published("speed", "speed against the most capable network", 1.8, "x", LCTES),
    Published("accuracy gain", "accuracy against the most capable network", 7.52, "points", LCTES, signed=True),
    Published("share mobilenet", "images answered by MobileNet", 72.9, "%", LCTES),
    Published("share inception", "images answered by Inception_v4", 12.3, "%", LCTES),
    Published("share resnet", "images answered by ResNet_v1_152", 2.4, "%", LCTES),
    Published("share fail", "images that all models are said to fail", 12.5, "%", LCTES),
    Published("features time", "features, time per image", 0.20, "s", LCTES, off_figure=True),
    Published("decision time", "the KNN itself", 1, "ms", LCTES, below=True),
    Published("macro recall", "premodel, macro recall, 2018", 79.5, "%", LCTES),
    Published("macro recall 2019", "premodel, macro recall, 2019", 75.1, "%", TECS),
    Published("wrong flagged", "wrong choices that the detector flags", 87.4, "%", f"{TECS}, 7.5"),
    Published("false alarms", "right choices that the detector flags", 5.5, "%", f"{TECS}, 7.5"),
    Published("compressed speed", "premodel over four compressed variants, speed", 1.52, "x", f"{TECS}, 7.6.3"),
    Published(
        "compressed top-1",
        "premodel over four compressed variants, top-1",
        -1.76,
        "points",
        f"{TECS}, 7.6.3",
        signed=True,
    ),
)
PUBLISHED = {figure.key: figure for figure in _FIGURES}
