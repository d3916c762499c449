"""Anthropic's Messages with the answer as the input of a tool, through the official client."""

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import OutsideError
from zamc.llm.connection import Connected
from zamc.llm.ports import Answer, Ended, Question
from zamc.llm.refusals import body_of, broken, refusal, unreadable

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
        refuse_inside_transaction("Anthropic")
        import anthropic
        from anthropic.types import Message

        failed: OutsideError
        try:
            done: Any = self._client.messages.create(**self._body(question))
        except anthropic.APIStatusError as error:
            code, message = body_of(error.body)
            failed = refusal(
                self.provider,
                status=error.status_code,
                code=code,
                message=message,
                headers=error.response.headers,
                secret=self._connection.key.get_secret_value(),
            )
        except anthropic.APIConnectionError as error:
            failed = broken(self.provider, error)
        except (anthropic.AnthropicError, ValueError):
            failed = unreadable(self.provider)
        else:
            if not isinstance(done, Message) or not isinstance(done.content, list):
                raise unreadable(self.provider)
            return self._answer(done)
        # The client's error holds the request with its key: it must not travel along as a cause.
        raise failed from None

    def _answer(self, done: Any) -> Answer:
        used = next((block for block in done.content if block.type == "tool_use"), None)
        said = "".join(block.text for block in done.content if block.type == "text")
        usage = done.usage
        cached = sum(getattr(usage, name, None) or 0 for name in ("cache_creation_input_tokens", "cache_read_input_tokens")) if usage else 0
        return Answer(
            text=json.dumps(used.input, ensure_ascii=False) if used is not None else said,
            ended=_ENDS.get(done.stop_reason, Ended.COMPLETE),
            model=str(done.model or self.name),
            input_tokens=usage.input_tokens + cached if usage else None,
            output_tokens=usage.output_tokens if usage else None,
            request_id=str(getattr(done, "_request_id", "") or done.id or ""),
        )
