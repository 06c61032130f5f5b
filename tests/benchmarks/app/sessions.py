"""Readers without a browser: each speaks to the server as a browser does, asks for a page of a unit, and thinks.

A rerun is from sending what was asked to the server's word that the script has ended, in milliseconds: what the browser then
draws is not in it. All readers live in one process, so their own work is small beside the server's.
"""

import asyncio
import random
import time
from dataclasses import dataclass

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

PATIENCE = 120  # seconds


@dataclass(frozen=True)
class Asked:
    """One rerun: of which page, how long it took, and how much came back."""

    page: str
    milliseconds: float
    kilobytes: float


async def rerun(socket: ClientConnection, page: str, unit: str) -> Asked:
    """Raises RuntimeError where the page was not drawn."""
    asked = BackMsg()
    asked.rerun_script.page_name = page
    asked.rerun_script.query_string = f"unit={unit}" if unit else ""
    began, came, drawn = time.perf_counter(), 0, 0
    await socket.send(asked.SerializeToString())
    while True:
        told = await asyncio.wait_for(socket.recv(), PATIENCE)
        came += len(told)
        message = ForwardMsg.FromString(told)
        kind = message.WhichOneof("type")
        drawn += kind == "delta"
        if kind == "page_not_found" or (kind == "delta" and message.delta.new_element.HasField("exception")):
            raise RuntimeError(f"The page {page!r} was not drawn.")
        if kind == "script_finished":
            if not drawn or message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                raise RuntimeError(f"The page {page!r} did not end well.")
            return Asked(page, (time.perf_counter() - began) * 1000, came / 1000)


async def reader(url: str, asks: list[tuple[str, str]], wait: float, thought: float, until: float) -> list[Asked]:
    """One session: waits, then asks for (page, unit) one after another with a thought after each, until the time is over."""
    done = []
    await asyncio.sleep(wait)
    address = url.replace("http", "ws") + "/_stcore/stream"
    async with connect(address, subprotocols=["streamlit"], max_size=None, ping_interval=None) as socket:
        for page, unit in asks:
            if time.monotonic() > until:
                break
            done.append(await rerun(socket, page, unit))
            await asyncio.sleep(thought)
    return done[1:]  # the first is not a rerun: it opens the page


def sessions(
    url: str, readers: int, thought: float, seconds: float, times: int, pages: list[str], units: list[str], seed: int
) -> list[Asked]:
    """What so many readers met in so many seconds: each takes all pages so many times at most, in an order and with units of
    their own, and they come one after another within one thought."""

    async def all_of_them() -> list[Asked]:
        chance, until, each = random.Random(seed), time.monotonic() + seconds, []
        for number in range(readers):
            order = chance.sample(pages, len(pages)) * times
            asks = [(page, chance.choice(units)) for page in order]
            each.append(reader(url, asks, thought * number / readers, thought, until))
        return [asked for done in await asyncio.gather(*each) for asked in done]

    return asyncio.run(all_of_them())
