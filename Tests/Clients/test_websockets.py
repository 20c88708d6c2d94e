"""PyPI's `websockets` on /v1/ws: a job from its submission to its image, and a cancellation."""

import io
import json
import struct

from PIL import Image
from websockets.sync.client import connect


def frames(socket):
    """Text frames as objects, binary ones as a header and bytes."""
    for frame in socket:
        if isinstance(frame, str):
            yield json.loads(frame), b""
        else:
            (length,) = struct.unpack(">I", frame[:4])
            yield json.loads(frame[4 : 4 + length]), frame[4 + length :]


def test_a_job_from_submission_to_image(url):
    with connect(url.replace("http", "ws", 1) + "/v1/ws") as socket:
        socket.send(json.dumps({"type": "ping", "id": "1"}))
        request = {"prompt": "a red apple", "steps": 4, "width": 128, "height": 128, "seed": 3}
        socket.send(json.dumps({"type": "submit", "id": "2", "results": True, "request": request}))
        kinds, job = [], None
        for message, data in frames(socket):
            kinds.append(message.get("type") or message["kind"])
            if message.get("type") == "accepted":
                job = message["job"]["id"]
            if message.get("kind") == "result":
                assert message["job"] == job and message["seed"] == 3
                assert Image.open(io.BytesIO(data)).size == (128, 128)
                break
        assert kinds[:2] == ["pong", "accepted"] and "progress" in kinds


def test_cancelling_a_running_job(url):
    with connect(url.replace("http", "ws", 1) + "/v1/ws") as socket:
        request = {"prompt": "a fox", "steps": 150, "width": 512, "height": 512}
        socket.send(json.dumps({"type": "submit", "request": request}))
        for message, _ in frames(socket):
            if message.get("type") == "progress":
                socket.send(json.dumps({"type": "cancel", "job": message["event"]["job"]}))
            if message.get("type") == "state" and message["job"]["state"] not in ("queued", "running"):
                assert message["job"]["state"] == "cancelled"
                break


def test_nonsense_is_answered_and_the_connection_lives(url):
    with connect(url.replace("http", "ws", 1) + "/v1/ws") as socket:
        socket.send("{")
        assert json.loads(socket.recv())["type"] == "error"
        socket.send(json.dumps({"type": "ping"}))
        assert json.loads(socket.recv())["type"] == "pong"
