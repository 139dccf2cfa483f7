"""What PROTOCOL.md does not say and this library had to assume, all in one place.

Nobody has tried these against the real service. Whoever can should correct them here.
(Cells of the model table on which the sources disagree are marked in the catalogue itself.)
"""

from __future__ import annotations

SMALLEST_TEMPERATURE = 0.01
"""Sent for temperature 0 where 0 itself is refused: §1 gives (0, 1] without a step."""

CONTEXT_MARGIN = 2.0
"""A prompt is refused here only above this multiple of the context: the count of tokens is an
estimate, and the service has the last word (code 10907)."""

UNKNOWN_CONTEXT_TOKENS = 131072
"""Assumed of models whose context no source gives, before a prompt is refused: the longest that any
model has."""

SAFE_CONTEXT_TOKENS = 8192
"""Told of such models to frameworks that cut texts to fit: the shortest that any model has. Say
``context_tokens`` in a :class:`~iflytek_spark.ModelSpec` if you know better."""

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""A longer frame is taken for a fault: §2.4 knows no limit, real ones have a few hundred bytes."""

IMAGE_TOKENS = 273
"""Tokens of an image, whatever its size: §6 gives the number for the basic model only."""

TURN_SEPARATOR = "\n\n"
"""Put between neighbours of one role when they are merged: §4 asks for alternating roles."""

ASSISTANT_FIRST = "（此前助手说：{}）"
"""How an assistant's words before the user's first, a greeting for instance, are put into the
user's turn: §4 has the user begin."""

SEQ_STEP = 1
"""By which ``seq`` grows from one piece to the next: §2.3 says that it counts from 0. Any other
number is a deviation; only a plugin's frame may take a number of its own."""

MAX_TOKEN_COUNT = 1_000_000_000
"""A larger count of tokens is taken for none: §1 knows no context above 262,144."""

MAX_RESPONSE_BYTES = 64 * 1024 * 1024
"""Of all frames of one answer, unless a client says otherwise: §1's longest answer, 262,144 tokens
in frames of one token and some 200 bytes, has about 50 MB."""

LENGTH_IS_LIMIT = True
"""An answer that used all of max_tokens was cut by it: §2.3 has no finish reason."""

SMALLEST_SPLIT_TOKENS = 64
"""A text of so few tokens, by our estimate, is not cut further when the embedding service calls it
too long: the estimate cannot be that wrong, and §8 documents no error code for it."""

KEEP_ALIVE_SECONDS = 30.0
"""For which a connection of HTTP waits for the next request: no source says when the service closes
one. One that it has closed is replaced without a word."""

USAGE_ENDS_AN_ANSWER = True
"""Over HTTP an answer without a finish reason, as spark-api-open's are, is whole when token counts
that are not all zero came in an event without text, even if the event ``[DONE]`` did not: they
stand on the last event (PROTOCOL-HTTP.md §5). Any other stream that ends so was cut."""

MAX_BATCH_FILE_BYTES = 100_000_000
"""Of an input file of the Batch API. PROTOCOL-HTTP.md §9 has 100 MB, which may be meant as a little
more; a file that ends earlier costs nothing."""

MAX_BATCH_BODY_BYTES = 6 * 1024
"""Of a row's body, in bytes as it stands in the file: §9 has 6 KB, and does not say of what."""

BATCH_ENDPOINT = "/v1/chat/completions"
"""Where every row of an input file goes, x1's too, whose live address is another: §9 leaves that
open. The names of models are the rows' ``batch_model`` in the catalogue."""

FIRST_BATCH_PAGE = 1
"""The number of the first page of files: §9 has the parameter, and not where it begins. Pages are
asked for until one is empty, so that a service that begins with 0 would hide its newest files."""
