"""OpenAI's API over iFlytek Spark; ``python -m iflytek_spark.gateway`` serves it."""
