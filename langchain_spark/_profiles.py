"""Model profiles, which LangChain's agents read, from the catalogue."""

from __future__ import annotations

from langchain_core.language_models.model_profile import ModelProfile

from iflytek_spark import ModelSpec


def profile_of(spec: ModelSpec) -> ModelProfile:
    """Describe a model in LangChain's terms.

    ``structured_output`` says what an agent should do. Spark cannot be held to a schema, so it is
    False where a structured answer can be asked for by a tool call, which agents validate. A model
    without tools is told the schema in words: there it is True.
    """
    profile = ModelProfile(
        name=spec.title or spec.name,
        text_inputs=True,
        image_inputs=spec.images,
        image_url_inputs=spec.images,
        pdf_inputs=False,
        audio_inputs=False,
        video_inputs=False,
        text_outputs=True,
        image_outputs=False,
        audio_outputs=False,
        video_outputs=False,
        reasoning_output=spec.reasoning,
        tool_calling=spec.tools,
        tool_choice=spec.tools,
        structured_output=not spec.tools,
        temperature=True,
    )
    if spec.context_tokens is not None:
        profile["max_input_tokens"] = spec.context_tokens
    if spec.max_tokens is not None:
        profile["max_output_tokens"] = int(spec.max_tokens.high)
    return profile
