"""Clients of other servers against a running server with the built-in model; scripts/test-clients starts both."""

import os

import pytest
from PIL import Image, ImageDraw


@pytest.fixture(scope="session")
def url() -> str:
    """Where the server is: http://127.0.0.1:PORT."""
    return os.environ["SERVER_URL"]


@pytest.fixture(scope="session")
def picture() -> Image.Image:
    """A picture to begin with, of the size that the built-in model draws."""
    image = Image.new("RGB", (128, 128), "white")
    ImageDraw.Draw(image).ellipse((24, 24, 104, 104), fill="red")
    return image
