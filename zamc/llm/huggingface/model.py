"""Hugging Face and every endpoint that speaks TGI's chat completions, through the official client."""

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import OutsideError
from zamc.llm.connection import Connected
from zamc.llm.ports import Answer, Question
from zamc.llm.refusals import body_of, broken, refusal, unreadable
from zamc.llm.streams import chat, in_time

if TYPE_CHECKING:
    from huggingface_hub import InferenceClient


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
        from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError, TextGenerationError

        failed: OutsideError
        own = self._connection
        try:
            streamed: dict[str, Any] = {**self._body(question), "stream": True, "stream_options": {"include_usage": True}}
            chunks: Any = self._client.chat_completion(**streamed)
            return chat(self.provider, in_time(self.provider, chunks, seconds=own.timeout_seconds), model=self.name)
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
        except (TextGenerationError, ValueError, TypeError, KeyError, AttributeError):
            failed = unreadable(self.provider)
        # The client's error holds the request with its token: it must not travel along as a cause.
        raise failed from None


def _body(error: Any) -> tuple[str, str]:
    try:
        return body_of(error.response.json())
    except (ValueError, RuntimeError):
        return "", ""
