"""mem0: what is remembered of a conversation; it sends top_p 0.1 unasked."""

import tempfile

from mem0 import Memory
from steps import BASE, KEY, MODEL, VECTORS, run, step


def memory():
    folder = tempfile.mkdtemp()
    account = {"openai_base_url": BASE, "api_key": KEY}
    return Memory.from_config(
        {
            "llm": {"provider": "openai", "config": {"model": MODEL, **account}},
            "embedder": {
                "provider": "openai",
                "config": {"model": VECTORS, "embedding_dims": 2560, **account},
            },
            "vector_store": {
                "provider": "qdrant",
                "config": {"path": folder, "embedding_model_dims": 2560},
            },
            "history_db_path": f"{folder}/history.db",
        }
    )


@step
def remembers():
    own = memory()
    added = own.add([{"role": "user", "content": "我喜欢打篮球。"}], user_id="u")
    assert "喜欢打篮球" in str(added), added
    found = own.search("喜欢什么运动", filters={"user_id": "u"})
    assert "喜欢打篮球" in str(found), found


run()
