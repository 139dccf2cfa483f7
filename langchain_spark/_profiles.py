"""Model profiles, which LangChain's agents read, from the catalogue."""

from __future__ import annotations

from typing import cast

from langchain_core.language_models.model_profile import ModelProfile

from iflytek_spark import ModelSpec


def profile_of(
    spec: ModelSpec, image_model: str | ModelSpec | None, tools: bool | None = None
) -> ModelProfile:
    """Describe a model in LangChain's terms.

    ``structured_output`` says what an agent should do. Spark cannot be held to a schema, so it is
    False where a structured answer can be asked for by a tool call, which agents validate. A model
    without tools is told the schema in words: there it is True.

    Args:
        spec: the model.
        image_model: the model to which conversations with an image go when ``spec`` itself cannot
            look at them, or None.
        tools: whether it can call tools, over whichever wire; by default as ``spec`` says.

    Returns:
        The profile, of the keys that the installed langchain-core knows.
    """
    images = spec.images or image_model is not None
    tools = spec.tools if tools is None else tools
    profile = ModelProfile(
        name=spec.title or spec.name,
        status="deprecated" if spec.retired else "active",
        text_inputs=True,
        image_inputs=images,
        image_url_inputs=images,
        pdf_inputs=False,
        audio_inputs=False,
        video_inputs=False,
        image_tool_message=False,
        pdf_tool_message=False,
        text_outputs=True,
        image_outputs=False,
        audio_outputs=False,
        video_outputs=False,
        reasoning_output=spec.reasoning,
        tool_calling=tools,
        tool_choice=tools,
        tool_call_streaming=tools,
        mid_conversation_system_messages=False,
        mid_conversation_tools=False,
        structured_output=not tools,
        temperature=True,
    )
    if spec.context_tokens is not None:
        profile["max_input_tokens"] = spec.context_tokens
    if spec.max_tokens is not None:
        profile["max_output_tokens"] = int(spec.max_tokens.high)
    known = ModelProfile.__annotations__  # it warns of others
    return cast("ModelProfile", {key: value for key, value in profile.items() if key in known})
