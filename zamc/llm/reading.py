"""From the text of an answer to a value of the structure that was asked for, whatever the question was."""

import re
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from zamc.errors import Mend
from zamc.llm.ports import Answer, Ended
from zamc.llm.text_rules import neutral

MOST_FAULTS = 10
_FENCE = re.compile(r"```(?:json)?\s*(\{.*\})\s*```", re.DOTALL)

Draft = TypeVar("Draft", bound=BaseModel)


def read_as(kind: type[Draft], answer: Answer) -> Draft:
    """Raises Mend with what is wrong in words that a model can use; its code is "refusal" when the model would not write at all."""
    if answer.ended is Ended.REFUSED:
        raise Mend(f"{answer.model} declined to write for this brief", code="refusal")
    try:
        return kind.model_validate_json(_unfenced(answer.text))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)[:MOST_FAULTS]
        said = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'the answer'}: {each['msg']}" for each in faults)
        cut = "it was cut off at the limit of tokens; " if answer.ended is Ended.CUT else ""
        raise Mend(f"{cut}{neutral(said)[:2_000]}", code="schema") from None


def _unfenced(text: str) -> str:
    """The JSON of an answer that wraps it in words or in a fence of Markdown, as models without enforced structure do."""
    fenced = _FENCE.search(text)
    return fenced[1] if fenced else text
