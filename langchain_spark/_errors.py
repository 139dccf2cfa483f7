"""Errors that are both a SparkError and the error LangChain gives the same condition.

Catch either: ``iflytek_spark.errors.RateLimitError`` or
``langchain_core.exceptions.ModelRateLimitError``. LangChain's retry middleware reads
``is_retryable``, which is Spark's own verdict on the very code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from langchain_core import exceptions as core

from iflytek_spark import errors as spark

if TYPE_CHECKING:
    from langchain_core.exceptions import ModelRefusalError
else:  # langchain-core has it from 1.7.5 on
    ModelRefusalError = getattr(core, "ModelRefusalError", core.ModelError)


class SparkModelError(spark.SparkError, core.ModelError):
    """Any other failure."""


class SparkModelConfigurationError(spark.ConfigurationError, core.ModelInvalidRequestError):
    """The model is set up wrongly; nothing was sent."""


class SparkModelMissingCredentialsError(
    spark.MissingCredentialsError, core.ModelAuthenticationError
):
    """A credential is missing."""


class SparkModelUnknownModelError(spark.UnknownModelError, core.ModelNotFoundError):
    """No model has this name."""


class SparkModelInvalidRequestError(spark.InvalidRequestError, core.ModelInvalidRequestError):
    """Spark would refuse this request, so it was not sent."""


class SparkModelInvalidRowError(spark.InvalidRowError, core.ModelInvalidRequestError):
    """The Batch API would refuse a row, so its file was not sent."""


class SparkModelBatchFileError(spark.BatchFileError, core.ModelError):
    """An input file of a batch cannot be read or written."""


class SparkModelJobError(spark.JobError, core.ModelError):
    """A job over many rows cannot begin, or has stopped."""


class SparkModelConnectionError(spark.APIConnectionError, core.ModelConnectionError):
    """No connection could be made, or it was lost."""


class SparkModelTimeoutError(spark.APITimeoutError, core.ModelTimeoutError):
    """One of the four time-outs ran out."""


class SparkModelInterruptedError(spark.StreamInterruptedError, core.ModelConnectionError):
    """The answer ended before its final frame."""


class SparkModelRateStoreError(spark.RateStoreError, core.ModelConnectionError):
    """Turns of a rate cannot be counted, so nothing was sent."""


class SparkModelProtocolError(spark.ProtocolError, core.ModelAPIError):
    """A frame that the protocol does not allow."""


class SparkModelToolNotCalledError(spark.ToolNotCalledError, core.ModelError):
    """A tool call was required, and the model answered in text, twice."""


class SparkModelInvalidResponseError(spark.InvalidResponseError, core.ModelError):
    """The answer does not fit the schema that was asked for."""


class SparkModelAPIError(spark.APIError, core.ModelAPIError):
    """Spark answered with an error that has no class of its own."""


class SparkModelAuthenticationError(spark.AuthenticationError, core.ModelAuthenticationError):
    """The signature or the key was refused."""


class SparkModelClockSkewError(spark.ClockSkewError, core.ModelAuthenticationError):
    """This machine's clock is wrong."""


class SparkModelPermissionDeniedError(spark.PermissionDeniedError, core.ModelPermissionDeniedError):
    """The app may not do this, or its quota is used up."""


class SparkModelBadRequestError(spark.BadRequestError, core.ModelInvalidRequestError):
    """Spark could not accept the request."""


class SparkModelContextLengthError(spark.ContextLengthError, core.ContextOverflowError):
    """The messages hold too many tokens."""


class SparkModelNotFoundError(spark.NotFoundError, core.ModelNotFoundError):
    """No such model or route."""


class SparkModelContentFilterError(
    spark.ContentFilterError, core.ModelInvalidRequestError, ModelRefusalError
):
    """Moderation refused the question, or stopped the answer."""


class SparkModelRateLimitError(spark.RateLimitError, core.ModelRateLimitError):
    """Too many requests."""


class SparkModelEmptyResponseError(spark.EmptyResponseError, core.ModelAPIError):
    """A whole answer without any content."""


class SparkModelInternalServerError(spark.InternalServerError, core.ModelAPIError):
    """Spark failed, or is too busy."""


_TWINS: dict[type[spark.SparkError], type[spark.SparkError]] = {
    twin.__bases__[0]: twin
    for twin in list(globals().values())
    if isinstance(twin, type) and issubclass(twin, spark.SparkError)
}


def as_model_error(error: spark.SparkError) -> spark.SparkError:
    """Return the same failure as a :class:`~langchain_core.exceptions.ModelError`.

    It has the same message and attributes.
    """
    if isinstance(error, core.ModelError):
        return error
    twin = _TWINS[type(error)](*error.args)
    twin.__dict__.update(error.__dict__, is_retryable=error.retryable)
    return twin


@contextmanager
def model_errors() -> Iterator[None]:
    """Turn the core's errors into their twins."""
    try:
        yield
    except spark.SparkError as error:
        raise as_model_error(error).with_traceback(error.__traceback__) from error.__cause__
