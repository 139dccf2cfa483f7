"""lm-evaluation-harness's model for chat APIs; it sends seed 1234."""

from lm_eval.api.instance import Instance
from lm_eval.models.openai_completions import LocalChatCompletion
from steps import BASE, HELLO, MODEL, WORLD, run, same, step


@step
def generates():
    model = LocalChatCompletion(
        model=MODEL, base_url=f"{BASE}/chat/completions", tokenized_requests=False, max_retries=1
    )
    prompt = model.apply_chat_template([{"role": "user", "content": HELLO}])
    asked = Instance("generate_until", {}, (prompt, {"until": [], "max_gen_toks": 64}), 0)
    same(model.generate_until([asked], disable_tqdm=True), [WORLD])


run()
