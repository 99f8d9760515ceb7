"""The layer that replaces each form of a function's name in a path by the bare name, and its qualifier by a parameter.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestParameters
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from local_aws.errors import Refused, rest_error
from local_aws.http import Handler, scope_of, with_path

_PATH = re.compile(r"(?P<before>/[0-9-]+/functions/)(?P<name>[^/]+)(?P<after>/.*)?")
_NAME = re.compile(
    r"(?:arn:[\w-]+:lambda:)?(?:(?P<region>[a-z]+(?:-[a-z]+)+-\d):)?(?:\d{12}:)?(?:function:)?"
    r"(?P<name>[\w-]+)(?::(?P<qualifier>\$LATEST|[\w-]+))?"
)


def unify_function_names(request: Request, inner: Handler) -> Response:
    """Handle `request`; raises Refused."""
    scope, path = scope_of(request), _PATH.fullmatch(unquote(request.path))
    if scope is None or scope.service != "lambda" or path is None:
        return inner(request)
    named = _NAME.fullmatch(path["name"])
    if named is None or named["name"] == path["name"]:
        return inner(request)
    region, qualifier = named["region"], named["qualifier"]
    if region and region != scope.region:
        message = f"Functions from '{region}' are not reachable in this region ('{scope.region}')"
        raise Refused(rest_error("ResourceNotFoundException", message, 404))
    if qualifier and request.args.get("Qualifier", qualifier) != qualifier:
        message = "The derived qualifier from the function name does not match the specified qualifier."
        raise Refused(rest_error("InvalidParameterValueException", message))
    query = {**request.args, **({"Qualifier": qualifier} if qualifier else {})}
    return inner(with_path(request, path["before"] + named["name"] + (path["after"] or ""), query))
