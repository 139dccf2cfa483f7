"""The file of variables that programs read before they look at the environment."""

from __future__ import annotations

from dotenv import find_dotenv, load_dotenv

from iflytek_spark.errors import ConfigurationError


def load_env_file() -> None:
    """Read the ``.env`` of this folder or the nearest above; the environment's own values win.

    Raises:
        ConfigurationError: when the file cannot be read.
    """
    path = find_dotenv(usecwd=True)
    try:
        load_dotenv(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {path}", hint="save it as UTF-8 text") from error
