"""Something to ask an agent about."""


def is_open(hour: int, gate: str) -> bool:
    closes = 18 if gate == "north" else 24
    return 6 <= hour < closes
