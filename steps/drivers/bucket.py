"""The bucket as S3 describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from steps.drivers.absence import unless_absent

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@dataclass(frozen=True)
class Settings:
    """A bucket's settings; `tells_event_bridge`: whether it sends its events to EventBridge."""

    region: str
    keeps_versions: bool
    blocks_public_access: bool
    tells_event_bridge: bool


class Bucket:
    """S3, asked about one bucket."""

    def __init__(self, s3: S3Client, name: str) -> None:
        self._s3, self.name = s3, name

    def found(self) -> Settings | None:
        """The bucket's settings, if there is one of its name that is ours."""
        s3, name = self._s3, self.name
        if unless_absent(lambda: s3.head_bucket(Bucket=name)) is None:
            return None
        access = unless_absent(lambda: s3.get_public_access_block(Bucket=name))
        blocks = access["PublicAccessBlockConfiguration"] if access else {}
        return Settings(
            # S3 says nothing for the oldest region.
            region=s3.get_bucket_location(Bucket=name).get("LocationConstraint") or "us-east-1",
            keeps_versions=s3.get_bucket_versioning(Bucket=name).get("Status") == "Enabled",
            blocks_public_access=all(blocks.get(each) for each in _BLOCKS),
            tells_event_bridge="EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=name),
        )
