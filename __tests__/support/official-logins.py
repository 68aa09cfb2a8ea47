"""Logs in with nats-py again and again, with nothing set but address, authority and token, until its standard input ends."""

import asyncio
import json
import ssl
import sys
import time

import nats


async def main() -> None:
    given = json.loads(sys.stdin.readline())
    tls = ssl.create_default_context(cafile=given["caFile"])
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    admitted, refused = 0, {}

    async def quiet(_: Exception) -> None:
        pass

    while not ended.done():
        try:
            nc = await nats.connect(given["servers"], token=given["token"], tls=tls, error_cb=quiet)
            admitted += 1
            await nc.close()
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            refused[reason] = refused.get(reason, 0) + 1
        await asyncio.sleep(0.02)
    print(json.dumps({"admitted": admitted, "refused": refused}))


asyncio.run(main())
