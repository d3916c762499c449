"""Anthropic's Messages with the answer as the input of a tool, through the official client."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zamc.database.engine import refuse_inside_transaction
from zamc.llm.connection import Connected
from zamc.llm.failures import translated
from zamc.llm.ports import Answer, Ended, Question
from zamc.llm.refusals import unreadable
from zamc.llm.streams import Telling, in_time

if TYPE_CHECKING:
    from anthropic import Anthropic

_ENDS = {"max_tokens": Ended.CUT, "model_context_window_exceeded": Ended.CUT, "refusal": Ended.REFUSED}
# Newer models think first and refuse a request that forces a tool ("What's new in Claude Sonnet 5.5"): they are asked to use it.
_FORCED = ("claude-3", "claude-haiku-4", "claude-sonnet-4", "claude-opus-4")


class AnthropicModel(Connected):
    """Implements zamc.llm.ports.Model. Threads may share it."""

    @cached_property
    def _client(self) -> "Anthropic":
        import anthropic

        own = self._connection
        return anthropic.Anthropic(api_key=own.key.get_secret_value(), base_url=own.url, timeout=own.timeout_seconds, max_retries=0)

    def request(self, question: Question) -> dict[str, Any]:
        return {"url": self._connection.url, **self._body(question)}

    def _body(self, question: Question) -> dict[str, Any]:
        forced = self.name.startswith(_FORCED)
        tool = {"name": question.schema_name, "description": "Hand in the answer.", "input_schema": dict(question.schema)}
        return {
            "model": self.name,
            "system": question.system if forced else f"{question.system}\nHand in your answer with the tool {question.schema_name}, once.",
            "messages": [{"role": "user", "content": question.user}],
            "tools": [tool],
            "tool_choice": {"type": "tool", "name": question.schema_name, "disable_parallel_tool_use": True}
            if forced
            else {"type": "auto", "disable_parallel_tool_use": True},
            "max_tokens": question.most_output_tokens,
        }

    def ask(self, question: Question) -> Answer:
        """Streamed: the client refuses a long answer otherwise, and a stall shows when it begins."""
        refuse_inside_transaction("Anthropic")
        import anthropic

        own = self._connection
        with translated(own, anthropic):
            stream = self._client.messages.create(**self._body(question), stream=True)
            with stream:
                return self._collected(in_time(self.provider, stream, seconds=own.timeout_seconds))

    def _collected(self, events: Iterable[Any]) -> Answer:
        """The tool's input where one is called, else what was said. Raises InDoubt when the end of the message is missing."""
        said, used, stop, ended = Telling(self.provider), Telling(self.provider), "", False
        begun: Any = None
        output: int | None = None
        for event in events:
            if event.type == "message_start":
                begun = event.message
            elif event.type == "content_block_start" and event.content_block.type == "text":
                said.add(event.content_block.text)
            elif event.type == "content_block_delta":
                used.add(getattr(event.delta, "partial_json", None))
                said.add(getattr(event.delta, "text", None))
            elif event.type == "message_delta":
                stop = event.delta.stop_reason or stop
                output = event.usage.output_tokens if event.usage else output
            elif event.type == "message_stop":
                ended = True
        if begun is None or not ended:
            raise unreadable(self.provider)
        return Answer(
            text=used.text or said.text,
            ended=_ENDS.get(stop, Ended.COMPLETE),
            model=str(begun.model or self.name),
            input_tokens=_read(begun.usage),
            output_tokens=output,
            request_id=str(begun.id or ""),
        )


def _read(usage: Any) -> int | None:
    """Tokens that were read, from the cache and into it too."""
    if usage is None or usage.input_tokens is None:
        return None
    cached = sum(getattr(usage, name, None) or 0 for name in ("cache_creation_input_tokens", "cache_read_input_tokens"))
    return int(usage.input_tokens) + cached
