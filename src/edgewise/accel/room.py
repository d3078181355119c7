"""What an accelerator's buffers have room for."""

from collections.abc import Sequence
from dataclasses import replace

from edgewise.accel.accelerator import Accelerator
from edgewise.accel.products import Product

STREAMS = 1 / 8  # of the weights' buffer, where weights stay: for those that do not
_SUM_BYTES, _KIB = 4, 1024


def stay(layers: Sequence[tuple[Product, ...]], accelerator: Accelerator) -> list[tuple[Product, ...]]:
    """The products of answers, without the traffic of what stays in the buffers.

    Activations stay between two layers where their buffer holds them, for then nothing is loaded meanwhile; the image
    comes in, and the answer goes out. Weights stay from image to image as long as there is room for them, the first
    layer's first, and an eighth of their buffer is for those that do not (reading).
    """
    sram, free = accelerator.sram, (1 - STREAMS) * _KIB * accelerator.sram.weight_kib
    found = []
    for place, products in enumerate(layers):
        (one,) = products
        gemm = one.gemm
        if accelerator.activations_stay:
            if place and one.left_values * gemm.count * one.left_bits / 8 <= _KIB * sram.input_kib:
                one = replace(one, left_bits=0)
            if place < len(layers) - 1 and gemm.m * gemm.n * gemm.count * one.result_bits / 8 <= _KIB * sram.output_kib:
                one = replace(one, result_bits=0)
        own = gemm.k * gemm.n * gemm.count * one.right_bits / 8
        if accelerator.weights_stay and one.right_is_weight and own <= free:
            one, free = replace(one, right_bits=0), free - own
        found.append((one,))
    return found


def no_room(where: str, products: Sequence[Product], accelerator: Accelerator) -> tuple[str, str]:
    """What is said where not even the smallest block fits, and what would do."""
    array, sram = accelerator.array, accelerator.sram
    sides = {"weight": (1, 2), "input": (1, 0), "output": (0, 2)}[array.dataflow]
    most = [0.0, 0.0, 0.0]
    for one in products:
        gemm, width = one.gemm, one.sram_bits / 8
        tile = [1, 1, 1]
        for side, lanes in zip(sides, (array.rows, array.columns), strict=True):
            tile[side] = min(lanes, (gemm.m, gemm.k, gemm.n)[side])
        m, k, n = tile
        for place, size in enumerate((m * k * width, k * n * width, m * n * _SUM_BYTES)):
            most[place] = max(most[place], 2 * size / 1024)
    most[1] /= STREAMS if accelerator.weights_stay else 1
    least = ", ".join(f"{name} {kib:.3g} KiB" for name, kib in zip(("input", "weights", "output"), most, strict=True))
    return (
        f"{where}: no block fits buffers of {sram.input_kib:g}, {sram.weight_kib:g} and {sram.output_kib:g} KiB "
        f"with an array of {array.rows} x {array.columns}.",
        f"It needs at least: {least}.",
    )
