"""Hugging Face and every endpoint that speaks TGI's chat completions, through the official client."""

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import OutsideError
from zamc.llm.connection import Connected
from zamc.llm.ports import Answer, Ended, Question
from zamc.llm.refusals import body_of, broken, refusal, unreadable

if TYPE_CHECKING:
    from huggingface_hub import InferenceClient

_ENDS = {"length": Ended.CUT, "content_filter": Ended.REFUSED}


class HuggingFaceModel(Connected):
    """Implements zamc.llm.ports.Model. Threads may share it; the client sends each request once."""

    @cached_property
    def _client(self) -> "InferenceClient":
        from huggingface_hub import InferenceClient, constants

        # Otherwise its first call asks huggingface.co who is calling, wherever the endpoint is. Its documented switch,
        # HF_HUB_DISABLE_TELEMETRY, is read at import, which may be over.
        constants.HF_HUB_DISABLE_TELEMETRY = True
        own = self._connection
        return InferenceClient(base_url=own.url, api_key=own.key.get_secret_value(), timeout=own.timeout_seconds)

    def request(self, question: Question) -> dict[str, Any]:
        return {"url": self._connection.url, **self._body(question)}

    def _body(self, question: Question) -> dict[str, Any]:
        # The client writes the schema as TGI's grammar, which not every host behind Hugging Face's router keeps to: so it is told too.
        told = f"{question.system}\nAnswer with JSON of this schema:\n{json.dumps(question.schema, ensure_ascii=False)}"
        return {
            "model": self.name,
            "messages": [{"role": "system", "content": told}, {"role": "user", "content": question.user}],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": question.schema_name, "strict": True, "schema": dict(question.schema)},
            },
            "max_tokens": question.most_output_tokens,
        }

    def ask(self, question: Question) -> Answer:
        refuse_inside_transaction("Hugging Face")
        import httpx2
        from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError

        failed: OutsideError
        try:
            done: Any = self._client.chat_completion(**self._body(question))
        except HfHubHTTPError as error:
            code, message = _body(error)
            failed = refusal(
                self.provider,
                status=error.response.status_code,
                code=code,
                message=message,
                headers=error.response.headers,
                secret=self._connection.key.get_secret_value(),
            )
        except (httpx2.HTTPError, InferenceTimeoutError) as error:
            failed = broken(self.provider, error)
        except (ValueError, TypeError, KeyError, AttributeError):
            failed = unreadable(self.provider)
        else:
            choices = getattr(done, "choices", None)
            if not isinstance(choices, list) or not choices or getattr(choices[0], "message", None) is None:
                raise unreadable(self.provider)
            return self._answer(done)
        # The client's error holds the request with its token: it must not travel along as a cause.
        raise failed from None

    def _answer(self, done: Any) -> Answer:
        choice, usage = done.choices[0], getattr(done, "usage", None)
        return Answer(
            text=choice.message.content or "",
            ended=_ENDS.get(choice.finish_reason, Ended.COMPLETE),
            model=str(getattr(done, "model", "") or self.name),
            input_tokens=usage.prompt_tokens if usage else None,
            output_tokens=usage.completion_tokens if usage else None,
            request_id=str(getattr(done, "id", "") or ""),
        )


def _body(error: Any) -> tuple[str, str]:
    try:
        return body_of(error.response.json())
    except (ValueError, RuntimeError):
        return "", ""
