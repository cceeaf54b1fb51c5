"""WebSocket echo in Python, by one of PyPI's libraries. usage: peer_sockets.py websockets|picows PORT"""
import asyncio
import contextlib
import sys


async def by_websockets(port):
    import websockets

    async def echo(socket):
        # Clients leave without a word.
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in socket:
                await socket.send(message)

    # Compression would cost each connection some 300 KB; nothing else is compared with it.
    async with websockets.serve(echo, "127.0.0.1", port, compression=None, backlog=1024):
        await asyncio.Future()


async def by_picows(port):
    from picows import WSListener, WSMsgType, ws_create_server

    class Echo(WSListener):
        def on_ws_frame(self, transport, frame):
            if frame.msg_type == WSMsgType.CLOSE:
                transport.disconnect()
            elif frame.msg_type == WSMsgType.TEXT:
                transport.send(frame.msg_type, frame.get_payload_as_bytes())

    server = await ws_create_server(lambda request: Echo(), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


library, port = sys.argv[1], int(sys.argv[2])
if library == "picows":
    import uvloop

    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
asyncio.run({"websockets": by_websockets, "picows": by_picows}[library](port))
