"""OpenAI's Images: one picture per request, kept in object storage before anybody hears of it, through the official client."""

import base64
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zamc.creatives.photographs import photograph
from zamc.creatives.ports import Objects
from zamc.database.engine import refuse_inside_transaction
from zamc.errors import InDoubt, InvalidInput, Later, Mend
from zamc.llm.connection import Connected, Connection
from zamc.llm.failures import translated
from zamc.llm.ports import Answer, Ended, Question

if TYPE_CHECKING:
    from openai import OpenAI

SIZE = 1024
_QUALITY = "medium"


class OpenAIImages(Connected):
    """Implements zamc.llm.ports.Model: the answer's text is JSON of what was stored, {"sha256", "media_type"}. Threads may share it.

    A request that is refused for what it asks for is an answer too (Ended.REFUSED, nothing spent): it stands in the record, and the same is
    not asked again. So is a picture that cannot be used, which was paid for.
    """

    def __init__(self, connection: Connection, objects: Objects) -> None:
        super().__init__(connection)
        self._objects = objects

    @cached_property
    def _client(self) -> "OpenAI":
        import openai

        own = self._connection
        return openai.OpenAI(api_key=own.key.get_secret_value(), base_url=own.url, timeout=own.timeout_seconds, max_retries=0)

    def request(self, question: Question) -> dict[str, Any]:
        return {"url": f"{self._connection.url}/images", **self._body(question)}

    def _body(self, question: Question) -> dict[str, Any]:
        shape = {"size": f"{SIZE}x{SIZE}", "quality": _QUALITY, "output_format": "png", "n": 1}
        return {"model": self.name, "prompt": question.user, **shape}

    def ask(self, question: Question) -> Answer:
        refuse_inside_transaction("OpenAI")
        import openai

        try:
            with translated(self._connection, openai):
                done: Any = self._client.images.generate(**self._body(question))
                data, usage = base64.b64decode(done.data[0].b64_json, validate=True), done.usage
                request_id = str(getattr(done, "_request_id", "") or "")
                spent = (usage.input_tokens, usage.output_tokens) if usage else (None, None)
        except Mend as refused:
            return Answer(str(refused), Ended.REFUSED, self.name, 0, 0, refused.request_id)
        return self._kept(data, spent, request_id)

    def _kept(self, data: bytes, spent: tuple[int | None, int | None], request_id: str) -> Answer:
        try:
            picture = photograph("the picture", data, smallest=256, see_through=False)
            stored = self._objects.put(picture.data, media_type=picture.media_type)
        except InvalidInput as error:
            return Answer(f"{self.name} sent a picture that cannot be used: {error}", Ended.REFUSED, self.name, *spent, request_id)
        except Later as error:
            raise InDoubt(f"{self.provider} has painted it, and it could not be stored: {error}", code="not-stored") from error
        return Answer(json.dumps({"sha256": stored.sha256, "media_type": stored.media_type}), Ended.COMPLETE, self.name, *spent, request_id)
