from pathlib import Path

from pydantic import Field, field_validator

from shared.runtime.environment import ServiceEnvironment


class IngestionEnvironment(ServiceEnvironment):
    source_buckets: str = Field(
        default="*", description="comma separated: names of buckets that sources may read, with *"
    )
    source_root: Path | None = Field(
        default=None, description="the folder below which sources may be folders; none by default"
    )
    settle_seconds: float = Field(
        default=300, ge=0, description="how long what was copied by hand must not have changed"
    )

    @field_validator("source_root")
    @classmethod
    def _is_a_folder(cls, root: Path | None) -> Path | None:
        """As the system names it, so that a path below it is compared with where it lies."""
        if root is None or str(root) == ".":  # set, and empty
            return None
        if not root.is_absolute():
            raise ValueError("write the whole path, from / on")
        if not root.is_dir():
            raise ValueError(f"{root} is no folder")
        resolved = root.resolve()
        if resolved == Path(resolved.anchor):
            raise ValueError("it is the whole machine; name a folder that holds bills alone")
        return resolved

    def allowed_buckets(self) -> list[str]:
        return [part for name in self.source_buckets.split(",") if (part := name.strip())]
