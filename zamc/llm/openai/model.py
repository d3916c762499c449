"""OpenAI's Chat Completions with structured output, through the official client."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import OutsideError
from zamc.llm.connection import Connected
from zamc.llm.ports import Answer, Ended, Question
from zamc.llm.refusals import body_of, broken, refusal, unreadable

if TYPE_CHECKING:
    from openai import OpenAI

_ENDS = {"stop": Ended.COMPLETE, "length": Ended.CUT, "content_filter": Ended.REFUSED}


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
        refuse_inside_transaction("OpenAI")
        import openai
        from openai.types.chat import ChatCompletion

        failed: OutsideError
        try:
            done: Any = self._client.chat.completions.create(**self._body(question))
        except openai.APIStatusError as error:
            code, message = body_of(error.body)
            failed = refusal(
                self.provider,
                status=error.status_code,
                code=code,
                message=message,
                headers=error.response.headers,
                secret=self._connection.key.get_secret_value(),
            )
        except openai.APIConnectionError as error:
            failed = broken(self.provider, error)
        except (openai.APIError, ValueError):
            failed = unreadable(self.provider)
        else:
            if not isinstance(done, ChatCompletion) or not done.choices or done.choices[0].message is None:
                raise unreadable(self.provider)
            return self._answer(done)
        # The client's error holds the request with its key: it must not travel along as a cause.
        raise failed from None

    def _answer(self, done: Any) -> Answer:
        choice, usage = done.choices[0], done.usage
        refused = bool(getattr(choice.message, "refusal", None))
        return Answer(
            text=choice.message.content or "",
            ended=Ended.REFUSED if refused else _ENDS.get(choice.finish_reason, Ended.COMPLETE),
            model=str(done.model or self.name),
            input_tokens=usage.prompt_tokens if usage else None,
            output_tokens=usage.completion_tokens if usage else None,
            request_id=str(getattr(done, "_request_id", "") or done.id or ""),
        )
