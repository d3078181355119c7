"""What a cheap camera does to a scene: light, blur, noise and JPEG blocks."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray


def photograph(
    image: NDArray[np.uint8], light: float, blur: float, noise: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Spoil an image uint8 [h, w, 3] RGB; each strength is 0 (hardly) to 1 (badly); the shape is kept."""
    pixels = image.astype(np.float32) / 255.0
    pixels = _lit(pixels, light, rng)
    pixels = _blurred(pixels, blur, rng)
    sigma = 0.008 + 0.07 * noise**1.5
    pixels += rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(sigma)
    spoiled = (np.clip(pixels, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    if rng.random() < 0.6 * noise:
        spoiled = _compressed(spoiled, int(70 - 50 * noise))
    return spoiled


def _lit(pixels: NDArray[np.float32], light: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Gain, gamma, a colour cast and a shadow that grows across the picture."""
    dim = rng.random() < 0.6
    gain = 1.0 - 0.65 * light if dim else 1.0 + 0.4 * light
    gamma = math.exp(rng.uniform(-0.5, 0.5) * light)
    cast = 1.0 + rng.uniform(-0.25, 0.25, 3) * light
    height, width = pixels.shape[:2]
    turn = rng.uniform(0.0, 2.0 * math.pi)
    across = np.linspace(-0.5, 0.5, width, dtype=np.float32) * np.float32(math.cos(turn))
    down = np.linspace(-0.5, 0.5, height, dtype=np.float32) * np.float32(math.sin(turn))
    slope = np.float32(light * rng.uniform(0.0, 1.1))
    shade = np.clip(1.0 + slope * (down[:, None] + across[None, :]), 0.15, 2.0)
    lit = np.clip(pixels, 0.0, 1.0) ** np.float32(gamma)
    return (lit * shade[:, :, None] * (gain * cast).astype(np.float32)).astype(np.float32)


def _blurred(pixels: NDArray[np.float32], blur: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Defocus, or the smear of a moving camera, or some of both."""
    share = rng.uniform(0.0, 1.0)
    sigma, travel = 2.3 * blur * share, 9.0 * blur * (1.0 - share)
    if sigma > 0.3:
        pixels = cv2.GaussianBlur(pixels, (0, 0), sigma).astype(np.float32)
    if travel > 1.5:
        turn = rng.uniform(0.0, math.pi)
        kernel = np.zeros((11, 11), dtype=np.float32)
        reach = np.array([math.cos(turn), math.sin(turn)]) * travel / 2 * 16
        ends = (80 - reach).astype(int).tolist(), (80 + reach).astype(int).tolist()
        cv2.line(kernel, *ends, (1.0,), 1, cv2.LINE_8, 4)
        pixels = cv2.filter2D(pixels, -1, kernel / kernel.sum()).astype(np.float32)
    return pixels


def _compressed(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), dtype=np.uint8)
