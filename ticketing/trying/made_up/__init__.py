"""Orders by the thousand that nobody placed: to look around in, and to measure with."""

from ticketing.trying.made_up.making import Made, RealOrders, make

__all__ = ["Made", "RealOrders", "make"]
