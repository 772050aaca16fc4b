from enum import StrEnum


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    CSV = "csv"
