"""A provider on loopback that speaks the wire formats of OpenAI, Anthropic and TGI, and misbehaves as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from zamc.strategies.schema import Brief

PROVIDERS = ("openai", "anthropic", "huggingface")


def draft(brief: Brief, **changes: Any) -> dict[str, Any]:
    """A good answer for a brief of one language."""
    language = brief.languages[0]
    lines = {"brief.offer": brief.offer, **{f"brief.claims[{index}]": claim for index, claim in enumerate(brief.claims)}}
    return {
        "positioning": f"{brief.product} for those who like it plain",
        "personas": [{"name": "Careful brewer", "description": "Grinds at home", "wants": "Fresh beans", "doubts": "Whether it is fresh"}],
        "audiences": [
            {"platform": platform, "name": "Home brewers", "description": "People who grind their own coffee"}
            for platform in brief.platforms
        ],
        "messages": [{"language": language, "angle": "claim", "text": text, "source": source} for source, text in lines.items()],
        "keywords": [{"language": language, "text": "fresh coffee beans", "match_type": "PHRASE"}],
        "negative_keywords": ["jobs"],
        "creative_direction": "Quiet pictures of beans and hands",
        "hypotheses": ["The claim works better than the offer"],
        "risks": ["Few claims"],
        **changes,
    }


@dataclass
class Act:
    """How the provider answers one request. text None: hang until the test is over; cut: break off in the middle of the body."""

    text: str | None = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    finish: str = ""
    refused: bool = False
    cut: bool = False
    raw: str | None = None
    usage: bool = True
    error: tuple[str, str] = ("some_error", "something is wrong")


@dataclass
class Seen:
    provider: str
    body: dict[str, Any]
    headers: dict[str, str]


class Wire:
    """acts: what each next request of a provider gets; the last one is repeated."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.seen: list[Seen] = []
        self.acts: dict[str, list[Act]] = {name: [] for name in PROVIDERS}
        self.over = threading.Event()
        self.before: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def address(self, provider: str) -> str:
        return f"{self.url}/{provider}" + ("" if provider == "anthropic" else "/v1")

    def count(self, provider: str) -> int:
        return sum(each.provider == provider for each in self.seen)

    def next(self, provider: str, body: dict[str, Any], headers: dict[str, str]) -> Act:
        with self._lock:
            self.seen.append(Seen(provider, body, headers))
            acts = self.acts[provider]
            return acts.pop(0) if len(acts) > 1 else acts[0]


def _body(provider: str, act: Act, model: str) -> dict[str, Any]:
    text = act.text or ""
    if act.status != 200:
        code, message = act.error
        if provider == "huggingface":
            return {"error": message, "error_type": code}
        return {"type": "error", "error": {"type": code, "message": message, "code": code}}
    if provider == "anthropic":
        try:
            content: list[dict[str, Any]] = [{"type": "tool_use", "id": "toolu_1", "name": "write_pitch", "input": json.loads(text)}]
        except ValueError:
            content = [{"type": "text", "text": text}]
        stop = "refusal" if act.refused else act.finish or "tool_use"
        usage = {"input_tokens": 1_000, "output_tokens": 500}
        return {
            "id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": [] if act.refused else content,
            "stop_reason": stop, "stop_sequence": None, **({"usage": usage} if act.usage else {}),
        }  # fmt: skip
    said: dict[str, Any] = {"role": "assistant", "content": None if act.refused else text}
    if provider == "openai" and act.refused:
        said["refusal"] = "I cannot help with that."
    finish = "content_filter" if act.refused else act.finish or "stop"
    usage = {"prompt_tokens": 1_000, "completion_tokens": 500, "total_tokens": 1_500}
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
        "choices": [{"index": 0, "message": said, "finish_reason": finish, "logprobs": None}], **({"usage": usage} if act.usage else {}),
    }  # fmt: skip


def _events(provider: str, whole: dict[str, Any]) -> str:
    """The same answer as server-sent events, its text in pieces."""
    if provider != "anthropic":
        choice = whole["choices"][0]
        head = {name: whole[name] for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
        said, refusal = choice["message"]["content"] or "", choice["message"].get("refusal")
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": piece} for piece in _pieces(said)]
        deltas += [{"refusal": refusal}] if refusal else []
        chunks = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
        chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
        chunks += [{**head, "choices": [], "usage": whole["usage"]}] if "usage" in whole else []
        return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    usage = whole.get("usage", {})
    told: list[dict[str, Any]] = [{"type": "message_start", "message": {**whole, "content": [], "stop_reason": None}}]
    for index, block in enumerate(whole["content"]):
        tool = block["type"] == "tool_use"
        text = json.dumps(block["input"]) if tool else block["text"]
        told.append(
            {"type": "content_block_start", "index": index, "content_block": {**block, **({"input": {}} if tool else {"text": ""})}}
        )
        for piece in _pieces(text):
            delta = {"type": "input_json_delta", "partial_json": piece} if tool else {"type": "text_delta", "text": piece}
            told.append({"type": "content_block_delta", "index": index, "delta": delta})
        told.append({"type": "content_block_stop", "index": index})
    spent = {"output_tokens": usage["output_tokens"]} if usage else None
    told.append({"type": "message_delta", "delta": {"stop_reason": whole["stop_reason"], "stop_sequence": None}, "usage": spent})
    told.append({"type": "message_stop"})
    return "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in told)


def _pieces(text: str) -> list[str]:
    return [text[at : at + 40] for at in range(0, len(text), 40)]


@contextmanager
def served() -> Iterator[Wire]:
    """Until the block ends."""
    wire: Wire

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            provider = self.path.split("/")[1]
            act = wire.next(provider, body, {name.lower(): value for name, value in self.headers.items()})
            wire.before()
            if act.text is None:
                wire.over.wait(30)
                return
            streamed = body.get("stream") and act.status == 200 and act.raw is None
            whole = _body(provider, act, body["model"])
            sent = (act.raw if act.raw is not None else _events(provider, whole) if streamed else json.dumps(whole)).encode()
            self.send_response(act.status)
            self.send_header("content-type", "text/event-stream" if streamed else "application/json")
            for name, value in act.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(sent) * (2 if act.cut else 1)))
            self.end_headers()
            self.wfile.write(sent[: len(sent) // 2] if act.cut and streamed else sent)

        def log_message(self, *_: Any) -> None:
            """Tests read what was seen, not what was logged."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: Any) -> None:
            """A client that hangs up is part of the play."""

    server = Server(("127.0.0.1", 0), Handler)
    wire = Wire(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        wire.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
