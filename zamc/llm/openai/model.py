"""OpenAI's Chat Completions with structured output, through the official client."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from zamc.database.engine import refuse_inside_transaction
from zamc.llm.connection import Connected
from zamc.llm.failures import translated
from zamc.llm.ports import Answer, Question
from zamc.llm.streams import chat, in_time

if TYPE_CHECKING:
    from openai import OpenAI


class OpenAIModel(Connected):
    """Implements zamc.llm.ports.Model. Threads may share it."""

    @cached_property
    def _client(self) -> "OpenAI":
        import openai

        own = self._connection
        return openai.OpenAI(api_key=own.key.get_secret_value(), base_url=own.url, timeout=own.timeout_seconds, max_retries=0)

    def request(self, question: Question) -> dict[str, Any]:
        return {"url": self._connection.url, **self._body(question)}

    def _body(self, question: Question) -> dict[str, Any]:
        return {
            "model": self.name,
            "messages": [{"role": "system", "content": question.system}, {"role": "user", "content": question.user}],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": question.schema_name, "strict": True, "schema": dict(question.schema)},
            },
            "max_completion_tokens": question.most_output_tokens,
        }

    def ask(self, question: Question) -> Answer:
        """Streamed: a stall shows when it begins, and no proxy takes a long answer for a dead connection."""
        refuse_inside_transaction("OpenAI")
        import openai

        own = self._connection
        with translated(own, openai):
            stream = self._client.chat.completions.create(**self._body(question), stream=True, stream_options={"include_usage": True})
            with stream:
                return chat(self.provider, in_time(self.provider, stream, seconds=own.timeout_seconds), model=self.name)
