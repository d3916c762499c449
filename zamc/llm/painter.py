"""Backgrounds by a model that paints: bought once per plan, and never needed. Whatever goes wrong, our own layouts stand alone."""

import hashlib
import json
from collections.abc import Sequence
from threading import Lock
from uuid import UUID

import structlog

from zamc.creatives.written import NO_SCENE, Origin, Scene
from zamc.database.engine import Database, refuse_inside_transaction
from zamc.errors import ConfigurationError, OutsideError, SpendRefused
from zamc.llm import repository
from zamc.llm.asking import Buys
from zamc.llm.ports import Ended, Model
from zamc.llm.prompts import scene as prompt
from zamc.llm.till import AskedAlready, Bought
from zamc.strategies.schema import Plan

log = structlog.get_logger()
_LOCKS = 64


class ModelPainter:
    """Implements zamc.creatives.ports.Painter. Threads may share it: those of one process that want the same wait for each other.

    model: an adapter whose answers name stored pictures. order: the installation's providers, for projects that name none of their own.
    """

    def __init__(self, database: Database, till: Buys, model: Model, *, order: Sequence[str]) -> None:
        self._database, self._till, self._model, self._order = database, till, model, order
        self._locks = tuple(Lock() for _ in range(_LOCKS))

    def scene(self, plan: Plan, *, project_id: UUID) -> Scene:
        """See Painter. A project whose providers do not include this one, or that has no budget, gets none."""
        refuse_inside_transaction("a painter")
        with self._database.transaction() as session:
            policy = repository.policy(session, project_id)
        named = policy.providers if policy is not None and policy.providers is not None else self._order
        if self._model.provider not in named:
            return NO_SCENE
        question = prompt.question(plan)
        try:
            with self._locks[_hash(f"{project_id}{question.user}") % _LOCKS]:
                bought = self._till.buy(self._model, question, project_id=project_id, variant=0)
        except AskedAlready:
            raise
        except (OutsideError, SpendRefused, ConfigurationError) as error:
            log.warning("llm.no_scene", provider=self._model.provider, kind=type(error).__name__, error=str(error))
            return Scene(notes=(f"{self._model.provider} painted no background: {error}",))
        return _scene(self._model, bought)


def _scene(model: Model, bought: Bought) -> Scene:
    origin = Origin(
        provider=model.provider,
        model=bought.answer.model,
        prompt_version=prompt.VERSION,
        request_hash=bought.request_hash,
        call_id=str(bought.call_id),
        cost_micros=bought.cost_micros,
        cache_hit=bought.cache_hit,
    )
    if bought.answer.ended is not Ended.COMPLETE:
        return Scene(origin=origin, notes=(f"{model.provider} painted no background: {bought.answer.text}",))
    kept = json.loads(bought.answer.text)
    return Scene(kept["sha256"], kept["media_type"], origin)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
