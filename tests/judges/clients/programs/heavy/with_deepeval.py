"""DeepEval with the gateway as judge."""

from deepeval.metrics import AnswerRelevancyMetric
from deepeval.models import GPTModel
from deepeval.test_case import LLMTestCase
from steps import BASE, KEY, run, same, step


@step
def relevancy():
    judge = GPTModel(model="gpt-4o", base_url=BASE, api_key=KEY)
    metric = AnswerRelevancyMetric(model=judge, async_mode=False, include_reason=False)
    metric.measure(
        LLMTestCase(input="合肥有多少人？", actual_output="合肥有 946 万人。"),
        _show_indicator=False,
    )
    same(metric.score, 1.0)


run()
