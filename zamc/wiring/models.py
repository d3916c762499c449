"""The models: which of them have a key, and what writes and paints with them."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from zamc.wiring.foundation import Foundation

if TYPE_CHECKING:
    from pydantic import SecretStr

    from zamc.creatives.ports import CopyWriter, Painter
    from zamc.llm.ports import Model, Writer
    from zamc.llm.till import Till


class Models(Foundation):
    """The models: which of them have a key, and what writes and paints with them."""

    @cached_property
    def models(self) -> "Mapping[str, Model]":
        """By provider, the models that have a key. None of them: the offline writer writes everything, and needs no key."""
        from zamc.llm.anthropic.model import AnthropicModel
        from zamc.llm.connection import Connection
        from zamc.llm.huggingface.model import HuggingFaceModel
        from zamc.llm.openai.model import OpenAIModel

        own = self.settings
        found: list[Model] = []

        def connection(provider: str, key: "SecretStr", url: str, model: str, per_minute: int) -> Connection:
            return Connection(provider, url, model, key, own.model_timeout_seconds, per_minute)

        if key := own.anthropic_api_key:
            found.append(
                AnthropicModel(connection("anthropic", key, own.anthropic_url, own.anthropic_model, own.anthropic_requests_per_minute))
            )
        if key := own.openai_api_key:
            found.append(OpenAIModel(connection("openai", key, own.openai_url, own.openai_model, own.openai_requests_per_minute)))
        if key := own.huggingface_api_key:
            found.append(
                HuggingFaceModel(
                    connection("huggingface", key, own.huggingface_url, own.huggingface_model, own.huggingface_requests_per_minute)
                )
            )
        return {model.provider: model for model in found}

    @cached_property
    def writer(self) -> "Writer":
        """What writes strategies: a project's providers in its order, then the offline writer where it is allowed."""
        from zamc.llm.desk import WritingDesk
        from zamc.llm.offline.writer import OfflineWriter
        from zamc.llm.pages import LandingPages
        from zamc.web.fetcher import Fetcher

        pages = LandingPages(self.database, self.clock, Fetcher()) if self.models else None
        return WritingDesk(self.database, self.till, self.models, order=self._model_order, offline=OfflineWriter(), pages=pages)

    @cached_property
    def copywriter(self) -> "CopyWriter":
        """What writes the lines of ads, by the same providers in the same order."""
        from zamc.llm.copywriter import ModelCopywriter

        return ModelCopywriter(self.database, self.till, self.models, order=self._model_order)

    @cached_property
    def painter(self) -> "Painter | None":
        """What paints backgrounds of pictures; None: nothing does."""
        from zamc.llm.connection import Connection
        from zamc.llm.openai.images import OpenAIImages
        from zamc.llm.painter import ModelPainter

        own = self.settings
        if own.openai_api_key is None or not own.openai_image_model:
            return None
        connection = Connection(
            "openai", own.openai_url, own.openai_image_model, own.openai_api_key, own.model_timeout_seconds, own.openai_requests_per_minute
        )
        return ModelPainter(self.database, self.till, OpenAIImages(connection, self.objects), order=self._model_order)

    @cached_property
    def till(self) -> "Till":
        from zamc.llm.price_rules import prices
        from zamc.llm.till import Till

        own = self.settings
        return Till(self.database, self.clock, self.limiter, self.breaker, prices(own.model_prices), call_seconds=self._model_seconds)

    @property
    def _writing_lease(self) -> timedelta:
        """A text may take every provider's time limit twice (an answer that is mended), and a wait before each."""
        return max(self.lease, timedelta(seconds=2 * len(self.models) * (self._model_seconds + 15)))

    @property
    def _model_seconds(self) -> float:
        """What a call takes at most: all pieces of an answer within the time limit, and the last of them within it anew."""
        return 2 * self.settings.model_timeout_seconds

    @property
    def _model_order(self) -> list[str]:
        return self.settings.model_providers.split(",")
