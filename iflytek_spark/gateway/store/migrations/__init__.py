"""How the tables became what they are; see :mod:`iflytek_spark.gateway.store.migrate`."""
