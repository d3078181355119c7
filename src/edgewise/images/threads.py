"""How many threads image work may take."""

import cv2


def use_threads(threads: int) -> None:
    """Let OpenCV use so many threads. The number is one for the whole process, as PyTorch's is."""
    cv2.setNumThreads(threads)
