"""instructor, in each mode for hosts of OpenAI's API."""

import instructor
import openai
from pydantic import BaseModel
from steps import BASE, KEY, MODEL, PERSON_TEXT, run, same, step

MESSAGES = [{"role": "user", "content": PERSON_TEXT}]


class Person(BaseModel):
    name: str
    age: int


def extracted(mode):
    client = instructor.from_openai(openai.OpenAI(base_url=BASE, api_key=KEY), mode=mode)
    person = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, response_model=Person, max_retries=1
    )
    same((person.name, person.age), ("张三", 30))


@step
def tools():
    extracted(instructor.Mode.TOOLS)


@step
def strict_tools():
    extracted(instructor.Mode.TOOLS_STRICT)


@step
def json():
    extracted(instructor.Mode.JSON)


@step
def json_in_markdown():
    extracted(instructor.Mode.MD_JSON)


@step
def json_schema():
    extracted(instructor.Mode.JSON_SCHEMA)


@step
def responses_tools():
    extracted(instructor.Mode.RESPONSES_TOOLS)


run()
