"""Counting the layers of a network that is a list of operators, whose tensors have shapes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from edgewise.runtime.operators import Operator
from edgewise.zoo.macs.work import Layer, Number, Uncounted, Work, number_of, widest

Shape = Sequence[int]


@dataclass(frozen=True)
class Tensor:
    """What flows: its shape for one image, and the NumPy name of its type."""

    shape: tuple[int, ...]
    number: str


@dataclass(frozen=True)
class Product:
    """How an operator multiplies.

    `operands` are the places among its inputs of what it multiplies: the images first. `macs` takes their shapes and
    the output's. An operator that `quantises` turns the images into the type of its weights itself.
    """

    operands: tuple[int, int]
    macs: Callable[[Shape, Shape, Shape], int]
    quantises: bool = False


def count_graph(
    operators: Iterable[Operator],
    fixed: frozenset[str],
    tensors: Mapping[str, Tensor],
    products: Mapping[str, Product],
) -> Work:
    """The work of those operators that are among `products`; the others are taken to multiply nothing."""
    layers = [
        _layer(operator, products[operator.name], fixed, tensors)
        for operator in operators
        if operator.name in products and not fixed.issuperset(operator.gives)
    ]
    return Work(tuple(layers))


def _layer(operator: Operator, product: Product, fixed: frozenset[str], tensors: Mapping[str, Tensor]) -> Layer:
    names = [operator.takes[place] for place in product.operands]
    missing = [name for name in (*names, operator.gives[0]) if name not in tensors]
    if missing:
        raise Uncounted(f"the shape of {missing[0]!r} is not known")
    left, right = (tensors[name] for name in names)
    given = tensors[operator.gives[0]]
    sizes = [(name in fixed, prod(tensors[name].shape)) for name in names]
    return Layer(
        macs=product.macs(left.shape, right.shape, given.shape),
        number=_number(operator.name, left, right, quantises=product.quantises),
        weights=sum(size for is_weight, size in sizes if is_weight),
        activations=sum(size for is_weight, size in sizes if not is_weight) + prod(given.shape),
    )


def _number(operator: str, left: Tensor, right: Tensor, *, quantises: bool) -> Number:
    weights = number_of(right.number, operator)
    return weights if quantises else widest([number_of(left.number, operator), weights])
