"""What has to hold of the functions before a file is delivered: from what is there to what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from steps.deviation import Deviation
from steps.drivers.deployed.declared import fits
from steps.drivers.functions import Function, Layer

Found = Mapping[str, Function | None]
"""The functions by name, None for one that is not there."""
_ABSENT = "does not exist (splitter or processor under [names] in acceptance.toml)"


def missing(found: Found) -> list[Deviation]:
    """The functions that are not there, or not ready."""
    return [
        Deviation("function-missing", f"{name} {_ABSENT if f is None else f'is {f.state}, {f.update}'}")
        for name, f in found.items()
        if f is None or (f.state, f.update) != ("Active", "Successful")
    ]


def variables(found: Found, wanted: Mapping[str, str]) -> list[Deviation]:
    """The variables of `wanted` that a function has not, or has with another value; its placeholders fit anything."""
    return list(_each(found, lambda function: _variables(function, wanted)))


def undeclared(found: Found, declared: Mapping[str, Mapping[str, str]]) -> list[Deviation]:
    """The variables that a function has and its template does not declare, by `declared[function]`."""

    def of(function: Function) -> Iterator[Deviation]:
        for variable in sorted(function.variables.keys() - declared.get(function.name, function.variables).keys()):
            yield Deviation("environment-variable-wrong", f"{function.name} has {variable}, which is not declared")

    return list(_each(found, of))


def networks(found: Found) -> list[Deviation]:
    """The functions that are in no VPC, and so cannot reach Aurora."""

    def of(function: Function) -> Iterator[Deviation]:
        if not (function.subnets and function.security_groups):
            yield Deviation("function-without-vpc", f"{function.name} has no VpcConfig")

    return list(_each(found, of))


def layers(found: Found, wanted: Mapping[str, int], versions: Mapping[str, Layer | None]) -> list[Deviation]:
    """The layers that a function lacks, by `wanted[function]`, that no longer exist, or that do not fit it."""

    def of(function: Function) -> Iterator[Deviation]:
        count, due = len(function.layers), wanted.get(function.name, 0)
        if count < due:
            yield Deviation("layer-missing", f"{function.name} has {count} layers of {due}")
        for arn in function.layers:
            yield from _layer(function, arn, versions[arn])

    return list(_each(found, of))


def _each(found: Found, of: Callable[[Function], Iterator[Deviation]]) -> Iterator[Deviation]:
    """What `of` finds of each function that is there, and that the others are not."""
    yield from missing({name: function for name, function in found.items() if function is None})
    for function in filter(None, found.values()):
        yield from of(function)


def _variables(function: Function, wanted: Mapping[str, str]) -> Iterator[Deviation]:
    for name, value in wanted.items():
        got = function.variables.get(name)
        if got is not None and fits(got, value):
            continue
        if not got:
            yield Deviation("environment-variable-missing", f"{function.name} lacks {name}")
        else:
            yield Deviation("environment-variable-wrong", f"{function.name} has {name} = {got}, not {value}")


def _layer(function: Function, arn: str, layer: Layer | None) -> Iterator[Deviation]:
    if layer is None:
        yield Deviation("layer-missing", f"{arn} of {function.name} does not exist any more")
        return
    for what, of_function, of_layer in (
        ("runtime", function.runtime, layer.runtimes),
        ("architecture", function.architecture, layer.architectures),
    ):
        if of_layer and of_function not in of_layer:
            text = f"{arn} is for {', '.join(of_layer)}, and the {what} of {function.name} is {of_function}"
            yield Deviation("layer-missing", text)
