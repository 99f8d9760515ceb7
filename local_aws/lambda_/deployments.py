"""The layer that keeps deployment packages as requests pass through it on the way to the control plane."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, cast
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from local_aws.errors import Refused, rest_error
from local_aws.http import Handler, Scope, scope_of
from local_aws.internal_client import Wire
from local_aws.lambda_.node import NoRuntime, find_node
from local_aws.lambda_.packages import BadPackage, Packages
from local_aws.lambda_.pool import Pool
from local_aws.lambda_.spec import FunctionSpec, unqualified


class Deployments:
    """Forwards Lambda's control plane operations and records the packages of functions and layers."""

    def __init__(self, wire: Wire, packages: Packages, pool: Pool, prepare: Callable[[Sequence[str]], object]) -> None:
        """`prepare`: called with the packages of the layers of each new function that has some."""
        self.wire = wire
        self._packages = packages
        self._pool = pool
        self._prepare = prepare
        self._functions: dict[tuple[str, str], str] = {}
        self._layers: dict[str, str] = {}

    def __call__(self, request: Request, inner: Handler) -> Response:
        """Forward `request`; raises Refused for an invalid deployment package."""
        scope = scope_of(request)
        if scope is not None and scope.service == "lambda":
            for method, path, route in _ROUTES:
                if request.method == method and path.fullmatch(unquote(request.path)):
                    return route(self, request, inner)
        return inner(request)

    def configuration(self, region: str, name: str, qualifier: str | None = None) -> dict[str, Any]:
        """The GetFunctionConfiguration response for a function's name or ARN; raises Refused if it does not exist."""
        path, query = f"/2015-03-31/functions/{name}/configuration", {"Qualifier": qualifier} if qualifier else None
        answer = self.wire.send("lambda", region, "GET", path, query=query)
        if answer.status_code != 200:
            raise Refused(answer)
        configuration: dict[str, Any] = json.loads(answer.get_data())
        return configuration

    def spec(self, configuration: dict[str, Any]) -> FunctionSpec:
        """The spec for a function's configuration; raises Refused if its code was not deployed through this layer."""
        arn, version = unqualified(configuration["FunctionArn"]), configuration["Version"]
        package = self._functions.get((arn, version))
        layers = [layer["Arn"] for layer in configuration.get("Layers") or ()]
        unseen = [layer for layer in layers if layer not in self._layers] + ([] if package else [f"{arn}:{version}"])
        if package is None or unseen:
            what = f"The code of {', '.join(unseen)} never passed by."
            remedy = "Deploy it by Lambda's own API, not by CloudFormation's."
            raise Refused(rest_error("ServiceException", f"{what} {remedy}", 500))
        return FunctionSpec.of(configuration, package, tuple(self._layers[layer] for layer in layers))

    def _create_function(self, request: Request, inner: Handler) -> Response:
        content = json.loads(request.get_data())
        _refuse_unless_runs(content)
        answer = self._deploy(request, inner, content.get("Code", {}))
        if answer.status_code < 300:
            layers = [self._layers.get(layer["Arn"], "") for layer in json.loads(answer.get_data()).get("Layers") or ()]
            if layers and all(layers):
                self._prepare(layers)
        return answer

    def _update_code(self, request: Request, inner: Handler) -> Response:
        content = json.loads(request.get_data())
        return inner(request) if content.get("DryRun") else self._deploy(request, inner, content)

    def _deploy(self, request: Request, inner: Handler, code: dict[str, str]) -> Response:
        package = self._package(request, code)
        answer = inner(request)
        if answer.status_code < 300 and package is not None:
            configuration = json.loads(answer.get_data())
            arn = unqualified(configuration["FunctionArn"])
            for version in ("$LATEST", configuration["Version"]):
                self._functions[arn, version] = package
            self._pool.retire(arn)
        return answer

    def _update_configuration(self, request: Request, inner: Handler) -> Response:
        _refuse_unless_runs(json.loads(request.get_data() or b"{}"))
        answer = inner(request)
        if answer.status_code < 300:
            self._pool.retire(unqualified(json.loads(answer.get_data())["FunctionArn"]))
        return answer

    def _publish_version(self, request: Request, inner: Handler) -> Response:
        answer = inner(request)
        if answer.status_code < 300:
            configuration = json.loads(answer.get_data())
            arn = unqualified(configuration["FunctionArn"])
            self._functions[arn, configuration["Version"]] = self._functions[arn, "$LATEST"]
        return answer

    def _publish_layer(self, request: Request, inner: Handler) -> Response:
        package = self._package(request, json.loads(request.get_data()).get("Content", {}))
        answer = inner(request)
        if answer.status_code < 300 and package is not None:
            self._layers[json.loads(answer.get_data())["LayerVersionArn"]] = package
        return answer

    def _delete_function(self, request: Request, inner: Handler) -> Response:
        scope = scope_of(request)
        name = unquote(request.path.rstrip("/").rpartition("/")[2])
        configuration = self.configuration(scope.region if scope else "", name)
        answer = inner(request)
        if answer.status_code < 300:
            self._pool.retire(unqualified(configuration["FunctionArn"]))
        return answer

    def _package(self, request: Request, code: dict[str, str]) -> str | None:
        """Store the package in `code`, return its name; None if there is none, which the control plane then refuses."""
        if "ZipFile" in code:
            content = base64.b64decode(code["ZipFile"])
        elif "S3Bucket" in code:
            content = self._from_s3(request, code)
        else:
            return None
        try:
            return self._packages.keep(content)
        except BadPackage:
            message = "Could not unzip uploaded file. Please check your file, then try to upload again."
            raise Refused(rest_error("InvalidParameterValueException", message)) from None

    def _from_s3(self, request: Request, code: dict[str, str]) -> bytes:
        scope = cast(Scope, scope_of(request))  # only signed requests get here
        path = f"/{code['S3Bucket']}/{code['S3Key']}"
        version = {"versionId": code["S3ObjectVersion"]} if "S3ObjectVersion" in code else None
        answer = self.wire.send("s3", scope.region, "GET", path, query=version, access_key=scope.access_key)
        if answer.status_code != 200:
            found = re.search(r"<Code>(.*?)</Code>", answer.get_data(as_text=True))
            message = f"Error occurred while GetObject. S3 Error Code: {found[1] if found else answer.status_code}."
            raise Refused(rest_error("InvalidParameterValueException", message))
        return answer.get_data()


def _refuse_unless_runs(configuration: dict[str, Any]) -> None:
    """Raise Refused for a runtime that is not here: of another language, or Node without a Node.js."""
    runtime = configuration.get("Runtime") or ""
    try:
        if runtime.startswith("nodejs"):
            find_node()
        elif runtime and not runtime.startswith("python"):
            raise NoRuntime(f"Functions in {runtime} cannot run here: the embedded AWS has Python and Node.js alone.")
    except NoRuntime as missing:
        raise Refused(rest_error("NotImplementedException", str(missing), 501)) from None


_FUNCTIONS = r"/[0-9-]+/functions"
_ROUTES: list[tuple[str, re.Pattern[str], Callable[[Deployments, Request, Handler], Response]]] = [
    ("POST", re.compile(rf"{_FUNCTIONS}/?"), Deployments._create_function),
    ("PUT", re.compile(rf"{_FUNCTIONS}/[^/]+/code/?"), Deployments._update_code),
    ("PUT", re.compile(rf"{_FUNCTIONS}/[^/]+/configuration/?"), Deployments._update_configuration),
    ("POST", re.compile(rf"{_FUNCTIONS}/[^/]+/versions/?"), Deployments._publish_version),
    ("POST", re.compile(r"/[0-9-]+/layers/[^/]+/versions/?"), Deployments._publish_layer),
    ("DELETE", re.compile(rf"{_FUNCTIONS}/[^/]+/?"), Deployments._delete_function),
]
