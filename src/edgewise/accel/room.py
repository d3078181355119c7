"""What an accelerator's buffers have room for."""

from collections.abc import Sequence
from dataclasses import replace

from edgewise.accel.accelerator import Accelerator
from edgewise.accel.products import Product

STREAMS = 1 / 8  # of the weights' buffer, where weights stay: for those that do not
_SUM_BYTES, _KIB = 4, 1024


def stay(layers: Sequence[tuple[Product, ...]], accelerator: Accelerator) -> list[tuple[Product, ...]]:
    """The products of answers, without the traffic of what stays in the buffers.

    Activations stay between two layers where the smaller one of both buffers holds them, so that what one layer leaves
    the next one finds (reading: also where the host pools between them); the image comes in, and the answer goes out.
    Weights stay from image to image as long as there is room for them, the first layer's first, and an eighth of their
    buffer is for those that do not (reading).
    """
    free, most = (
        (1 - STREAMS) * _KIB * accelerator.sram.weight_kib,
        _KIB * min(accelerator.sram.input_kib, accelerator.sram.output_kib),
    )
    found = []
    for place, products in enumerate(layers):
        (one,) = products
        gemm = one.gemm
        if accelerator.activations_stay:
            if place and one.left_values * gemm.count * one.left_bits / 8 <= most:
                one = replace(one, left_bits=0)
            if place < len(layers) - 1 and gemm.m * gemm.n * gemm.count * one.result_bits / 8 <= most:
                one = replace(one, result_bits=0)
        own = gemm.k * gemm.n * gemm.count * one.right_bits / 8
        if accelerator.weights_stay and own <= free:
            one, free = replace(one, right_bits=0), free - own
        found.append((one,))
    return found


def no_room(where: str, products: Sequence[Product], accelerator: Accelerator) -> tuple[str, str]:
    """What is said where not even the smallest block fits, and what would do."""
    array, sram = accelerator.array, accelerator.sram
    sides = {"weight": (1, 2), "input": (1, 0), "output": (0, 2)}[array.dataflow]
    most = [0.0, 0.0, 0.0]
    for one in products:
        width, size = one.sram_bits / 8, _packed_size(one, accelerator)
        tile = [1, 1, 1]
        for side, lanes in zip(sides, (array.rows, array.columns), strict=True):
            tile[side] = min(lanes, size[side])
        m, k, n = tile
        for place, size in enumerate((m * k * width, k * n * width, m * n * _SUM_BYTES)):
            most[place] = max(most[place], 2 * size / 1024)
    most[1] /= STREAMS if accelerator.weights_stay else 1
    shares = (sram.input_kib, sram.weight_kib, sram.output_kib)
    least = ", ".join(_rounded_up(name, kib) for name, kib in zip(("input", "weights", "output"), most, strict=True))
    whole = _rounded_up("all three", max(kib * sram.kib / share for kib, share in zip(most, shares, strict=True)))
    return (
        f"{where}: no block fits buffers of {sram.input_kib:g}, {sram.weight_kib:g} and {sram.output_kib:g} KiB "
        f"with an array of {array.rows} x {array.columns}.",
        f"It needs at least: {least}; with the shares that they have now, {whole}.",
    )


def _rounded_up(name: str, kib: float) -> str:
    """To three digits, never below."""
    return f"{name} {kib * 1.01:.3g} KiB"


def _packed_size(product: Product, accelerator: Accelerator) -> tuple[int, int, int]:
    """Along m, k and n, with the groups that lie in the array at once."""
    gemm, array = product.gemm, accelerator.array
    if not accelerator.packs_groups or array.dataflow != "weight" or product.pixels_along_k:
        return gemm.m, gemm.k, gemm.n
    several = max(1, min(array.rows // gemm.k, array.columns // gemm.n, gemm.count))
    return gemm.m, several * gemm.k, several * gemm.n
