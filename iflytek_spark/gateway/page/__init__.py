"""The page at ``/``, where models are tried and an operator looks after the gateway, and ``/docs``.

Its files are in ``static/``: plain HTML, CSS and ES modules, sent as they are. They ask nobody but
this gateway, and need no key themselves; what they ask for needs the key that their user types.
"""
