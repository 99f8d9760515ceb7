"""Settings of workstations that could change a session, each with a name; none of them may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from psycopg import pq

from tests.commands.test_doctor import NOBODY

_RAISES = "raise SystemExit('PYTHONPATH has shadowed ' + __name__)\n"
_SERVICES = ("S3", "DYNAMODB", "SFN", "EVENTBRIDGE", "LAMBDA", "IAM", "STS", "EC2", "RDS", "CLOUDWATCH_LOGS")
_TAKES_NO_NONSENSE = {"PGPASSWORD", "PGAPPNAME"}
LIBPQ = sorted({each.envvar.decode() for each in pq.Conninfo.get_defaults() if each.envvar})
"""Every variable that libpq lists."""


@dataclass(frozen=True)
class Surroundings:
    """Variables, files of a folder that becomes HOME, and how the process is started; {home} stands for that folder."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    umask: int = -1
    folder: str = ""
    """A folder below HOME that is created; the process starts in it if `inside`."""
    inside: bool = False
    alone: bool = False
    """True if it would hide the effect of others, or cannot be had together with one of them."""

    def __str__(self) -> str:
        return self.name


def _all(names: tuple[str, ...], value: str) -> dict[str, str]:
    return dict.fromkeys(names, value)


AWS = [
    Surroundings("a profile that there is not", {"AWS_PROFILE": "gone", "AWS_DEFAULT_PROFILE": "gone"}),
    Surroundings(
        "a profile of another account",
        {"AWS_PROFILE": "other"},
        {
            ".aws/config": f"[profile other]\nregion = us-west-2\nendpoint_url = {NOBODY}\n",
            ".aws/credentials": "[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other\n",
        },
    ),
    Surroundings("a configuration that cannot be read", files={".aws/config": "[profile broken\nregion us-east-1\n"}),
    Surroundings("credentials that cannot be read", files={".aws/credentials": "aws_access_key_id\n[[\n"}),
    Surroundings(
        "a configuration with settings of S3",
        files={
            ".aws/config": "[default]\ns3 =\n  addressing_style = virtual\n  use_accelerate_endpoint = true\n"
            "  max_concurrent_requests = none\nsdk_ua_app_id = x\n"
        },
    ),
    Surroundings(
        "a configuration elsewhere", {"AWS_CONFIG_FILE": "{home}", "AWS_SHARED_CREDENTIALS_FILE": "{home}"}, alone=True
    ),
    Surroundings("an endpoint", {"AWS_ENDPOINT_URL": NOBODY}),
    Surroundings("endpoints of services", {f"AWS_ENDPOINT_URL_{service}": NOBODY for service in _SERVICES}),
    Surroundings("endpoints ignored", {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, alone=True),
    Surroundings("attempts", {"AWS_MAX_ATTEMPTS": "none"}),
    Surroundings("a way to try again", {"AWS_RETRY_MODE": "stubborn"}),
    Surroundings("an application's id", {"AWS_SDK_UA_APP_ID": "ü" * 60}),
    Surroundings("FIPS", {"AWS_USE_FIPS_ENDPOINT": "true"}),
    Surroundings("dual stack", {"AWS_USE_DUALSTACK_ENDPOINT": "true"}),
    Surroundings("authorities of a company", _all(("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"), "/nowhere.pem")),
    Surroundings("another region", _all(("AWS_REGION", "AWS_DEFAULT_REGION"), "moon-east-1")),
    Surroundings(
        "keys that have expired",
        {
            **_all(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "ASIAOTHER"),
            "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z",
        },
    ),
    Surroundings(
        "a role of another place",
        {
            "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/other",
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": NOBODY,
            "AWS_EXECUTION_ENV": "CloudShell",
        },
    ),
    Surroundings("endpoints by account", {"AWS_ACCOUNT_ID": "1", "AWS_ACCOUNT_ID_ENDPOINT_MODE": "required"}),
    Surroundings("defaults of a mode", {"AWS_DEFAULTS_MODE": "none", "AWS_STS_REGIONAL_ENDPOINTS": "none"}),
    Surroundings(
        "variables of S3",
        {"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "none", "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH": "true"},
    ),
    Surroundings(
        "checksums", _all(("AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION"), "sometimes")
    ),
    Surroundings("models of one's own", {"AWS_DATA_PATH": "{home}"}, {"s3/2006-03-01/service-2.json": "{"}),
    Surroundings("a configuration of boto", {"BOTO_CONFIG": "{home}/boto"}, {"boto": "[Credentials\n"}),
]
PROXIES = [
    Surroundings("proxies", _all(("HTTP_PROXY", "HTTPS_PROXY"), NOBODY)),
    Surroundings("proxies in small letters", _all(("http_proxy", "https_proxy"), NOBODY)),
    Surroundings("a proxy for all", _all(("ALL_PROXY", "all_proxy"), "socks5://127.0.0.1:9")),
    Surroundings("proxies with exceptions", _all(("http_proxy", "HTTP_PROXY"), NOBODY) | {"no_proxy": "example.com"}),
]
DATABASE = [
    Surroundings("TLS asked of every database", {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/nowhere.pem"}),
    Surroundings("a service that there is not", {"PGSERVICE": "gone"}),
    Surroundings(
        "a service of another database",
        {"PGSERVICE": "other", "PGSERVICEFILE": "{home}/services"},
        {"services": "[other]\nhost=127.0.0.1\nport=9\nsslmode=verify-full\n"},
    ),
    Surroundings("options of a session", {"PGOPTIONS": "-c default_transaction_read_only=on -c search_path=nowhere"}),
    Surroundings("another server", {"PGHOST": "127.0.0.2", "PGHOSTADDR": "127.0.0.2", "PGPORT": "9"}),
    Surroundings("another login", {**_all(("PGUSER", "PGDATABASE", "PGPASSWORD"), "other"), "PGPASSFILE": "{home}"}),
    Surroundings("another proof", {"PGREQUIREAUTH": "none", "PGCHANNELBINDING": "require"}),
    Surroundings("a standby wanted", {"PGTARGETSESSIONATTRS": "standby"}),
    Surroundings("no time to connect", {"PGCONNECT_TIMEOUT": "soon"}),
    Surroundings("an encoding of clients", {"PGCLIENTENCODING": "SJIS"}),
    Surroundings("ways to write moments", {"PGTZ": "Asia/Kolkata", "PGDATESTYLE": "German", "PGGEQO": "off"}),
    Surroundings("folders of libpq", {"PGSYSCONFDIR": "{home}", "PGLOCALEDIR": "{home}"}, {"pg_service.conf": "["}),
    Surroundings("all that libpq reads", _all(tuple(set(LIBPQ) - _TAKES_NO_NONSENSE), "nonsense")),
]
EMULATOR = [
    Surroundings(
        "variables of moto",
        {
            "MOTO_ACCOUNT_ID": "999999999999",
            "MOTO_PORT": "9",
            "MOTO_S3_CUSTOM_ENDPOINTS": NOBODY,
            "MOTO_S3_DEFAULT_MAX_KEYS": "1",
            "INITIAL_NO_AUTH_ACTION_COUNT": "0",
            "SF_EXECUTION_HISTORY_TYPE": "FAILURE",
            "TEST_SERVER_MODE": "true",
        },
    ),
    Surroundings("variables of its web server", {"FLASK_DEBUG": "1", "WERKZEUG_RUN_MAIN": "true"}),
]
PYTHON = [
    Surroundings(
        "modules that shadow others",
        {"PYTHONPATH": "{home}"},
        {
            f"{name}.py": _RAISES
            for name in ("yaml", "moto", "flask", "boto3", "psutil", "local_aws", "steps", "commands")
        },
    ),
    Surroundings(
        "a Python that talks as it starts",
        {"PYTHONPATH": "{home}"},
        {"sitecustomize.py": "import sys\nprint('{\"error\": \"not asked\"}')\nprint('noise', file=sys.stderr)\n"},
    ),
    Surroundings("a start file", {"PYTHONSTARTUP": "{home}/start.py"}, {"start.py": _RAISES}),
    Surroundings("warnings that are errors", {"PYTHONWARNINGS": "error"}),
    Surroundings("no bytecode, and a seed", {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}),
    Surroundings("ASCII alone", {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "LANG": "C"}),
    Surroundings("streams of another encoding", {"PYTHONIOENCODING": "utf-16"}),
    Surroundings("a locale that there is not", {"LC_ALL": "ja_JP.SJIS", "LANG": "ja_JP.SJIS"}),
    Surroundings("no assertions", {"PYTHONOPTIMIZE": "1"}),
    Surroundings("a safe path", {"PYTHONSAFEPATH": "1"}),
    Surroundings("imports that are timed", {"PYTHONPROFILEIMPORTTIME": "1"}),
    Surroundings("a Python that is developed", {"PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": "1"}),
]
MACHINE = [
    Surroundings("a home that there is not", {"HOME": "/nowhere"}),
    Surroundings("a time zone of half hours", {"TZ": "Asia/Kolkata"}),
    Surroundings("a time zone that there is not", {"TZ": "Nowhere/Land"}),
    Surroundings(
        "temporary files with spaces and umlauts", {"TMPDIR": "{home}/für mich"}, folder="für mich", alone=True
    ),
    Surroundings("files for oneself", umask=0o077),
    Surroundings("a long working folder", folder="/".join(["long" * 10] * 12), inside=True),
    Surroundings("a long folder of temporary files", {"TMPDIR": "{home}/" + "long" * 50}, folder="long" * 50),
]
_UNUSUAL = ("modules that shadow others", "warnings that are errors", "ASCII alone", "no assertions")
TABLE = [*AWS, *PROXIES, *DATABASE, *EMULATOR, *PYTHON, *MACHINE]


def together(name: str, *parts: Surroundings) -> Surroundings:
    """Combine `parts`; if several set the same variable or file, the last one counts."""
    made = Surroundings(name)
    for each in parts:
        made = replace(
            made,
            variables={**made.variables, **each.variables},
            files={**made.files, **each.files},
            umask=max(made.umask, each.umask),
            folder=each.folder or made.folder,
            inside=each.inside or made.inside,
        )
    return made


def groups() -> list[list[Surroundings]]:
    """Divide the table into the fewest groups of surroundings that do not exclude each other."""
    found: list[list[Surroundings]] = []
    for row in TABLE:
        fitting = (group for group in found if all(_compatible(row, each) for each in group))
        group = next(fitting, None)
        if group is None:
            found.append(group := [])
        group.append(row)
    return found


def _compatible(one: Surroundings, other: Surroundings) -> bool:
    apart = one.alone or other.alone or (one.folder and other.folder)
    return not apart and one.variables.keys().isdisjoint(other.variables) and one.files.keys().isdisjoint(other.files)


WORST = [
    together("all variables of AWS and a configuration that cannot be read", *AWS),
    together("all proxies and all that libpq reads", *PROXIES, *DATABASE),
    together("a Python that is not as usual", *[each for each in PYTHON if each.name in _UNUSUAL]),
]
