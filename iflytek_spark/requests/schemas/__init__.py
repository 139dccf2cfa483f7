"""JSON schemas that other programs wrote: made plain for Spark, and checked within bounds.

- ``plain``: the parameters of tools in the few words of JSON Schema that Spark knows
- ``read``, ``combine``, ``write``: how that is done; a ``node`` is one place of a schema
- ``check``: whether a value fits a schema; ``vet``: whether a schema is one
- ``references``, ``patterns``, ``budget``: what both need so that no schema takes long
"""
