"""Logins of many accounts at three Envoys that count as one: requests a second, and what they leave in Redis."""

import asyncio
import re
import socket
import time

# To each Envoy, each with one request under way. Each account comes from a network of its own.
CONNECTIONS = 16
REQUEST = (
    "POST /login HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: 2600:{:x}:{:x}::1\r\n"
    "content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{}"
)


def asked(port: int, command: str) -> str:
    """What Redis answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as redis:
        redis.sendall(f"{command}\r\nQUIT\r\n".encode())
        return b"".join(iter(lambda: redis.recv(65536), b"")).decode()


def held(port: int) -> tuple[int, int]:
    """How many keys Redis holds, and in how many bytes."""
    keys = re.search(r":(\d+)", asked(port, "DBSIZE"))[1]
    used = re.search(r"used_memory:(\d+)", asked(port, "INFO memory"))[1]
    return int(keys), int(used)


async def converse(port: int, numbers: "iter[int]", statuses: dict[int, int]) -> None:
    """Sends the logins of these accounts over one connection, one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in numbers:
        body = f"user=account-{number}&password=qwerty"
        writer.write(REQUEST.format(number >> 16, number & 0xFFFF, len(body), body).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"(?i)content-length: (\d+)", head)
        await reader.readexactly(int(length[1]) if length else 0)
        status = int(head.split(" ", 2)[1])
        statuses[status] = statuses.get(status, 0) + 1
    writer.close()


async def all_of(listeners: list[int], accounts: range) -> tuple[float, dict[int, int]]:
    """Sends one login for each account to one of the Envoys: how long that takes, and what is answered."""
    numbers, statuses = iter(accounts), {}
    begun = time.monotonic()
    # All take from one list: who is faster gets more.
    await asyncio.gather(*(converse(port, numbers, statuses) for port in listeners for _ in range(CONNECTIONS)))
    return time.monotonic() - begun, statuses


def measure(listeners: list[int], redis: int, accounts: int) -> float:
    """Prints what so many accounts cost; how many logins a second that were."""
    # Others before them: until each worker has compiled the filter, and knows its way to the service.
    asyncio.run(all_of(listeners, range(accounts, accounts + 1000)))
    before = held(redis)
    took, statuses = asyncio.run(all_of(listeners, range(accounts)))
    keys, used = (after - first for after, first in zip(held(redis), before))
    print(f"{accounts} logins of as many accounts in {took:.1f} s: {accounts / took:.0f} a second; {statuses}")
    if keys:
        print(f"Redis: {keys / accounts:.2f} keys and {used / accounts:.0f} bytes an account, {used / keys:.0f} a key;")
        print(f"       a million accounts are {keys / accounts:.2f} million keys, {used / accounts * 1e6 / (1 << 20):.0f} MiB")
    return accounts / took
