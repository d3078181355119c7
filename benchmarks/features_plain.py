"""The paper's premodel as one would first write it: OpenCV on the whole image, scikit-learn for the neighbours.

Definitions and thresholds are `edgewise.images.features`', so that the two differ in how, not in what.
"""

import cv2
import numpy as np
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import MinMaxScaler


def seven_features(rgb: np.ndarray) -> np.ndarray:
    """float64 [7] of uint8 RGB [h, w, 3], in the order of `edgewise.images.features.FEATURES`."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    keypoints = cv2.FastFeatureDetector.create(25).detect(grey)
    squares = rgb.astype(np.float32) ** 2
    brightness = np.sqrt(squares @ np.array([0.241, 0.691, 0.068], np.float32)).mean()
    hue = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)[:, :, 0]
    edges = cv2.Canny(grey, 50, 150)
    lengths = cv2.connectedComponentsWithStats(edges, connectivity=8)[2][1:, cv2.CC_STAT_AREA]
    area_by_perimeter, aspect_ratio = _main_object(grey)
    return np.array(
        [
            len(keypoints),
            brightness,
            (hue < 180 / 7).mean(),
            grey.std(),
            area_by_perimeter,
            (lengths < 8).mean() if len(lengths) else 0.0,
            aspect_ratio,
        ],
        np.float64,
    )


def _main_object(grey: np.ndarray) -> tuple[float, float]:
    _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    if np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean() > 127:
        mask = 255 - mask
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    main = max(contours, key=cv2.contourArea)
    _, _, width, height = cv2.boundingRect(main)
    return cv2.contourArea(main) / cv2.arcLength(main, closed=True), width / height


class PlainPremodel:
    """One KNN classifier of all models and "none": one search, where a chain of them would make several."""

    def __init__(self, features: np.ndarray, labels: np.ndarray) -> None:
        self.scaler = MinMaxScaler().fit(features)
        self.classifier = KNeighborsClassifier(5).fit(self.scaler.transform(features), labels)

    def decide(self, features: np.ndarray) -> int:
        """The label that most of the five nearest have."""
        return int(self.classifier.predict(self.scaler.transform(features[None]))[0])
