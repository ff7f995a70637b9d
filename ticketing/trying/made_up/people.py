"""People who don't exist, with names as they are in many scripts; their mail goes nowhere."""

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ticketing.organising.slugs import slug_of


@dataclass(frozen=True, slots=True)
class Person:
    first_name: str
    last_name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Culture:
    """`share` is how many of a thousand bookers; eight digits follow the `phone`'s first."""

    share: int
    locale: str
    phone: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]


def _culture(share: int, locale: str, phone: str, first: str, last: str) -> Culture:
    last_names = tuple(name.replace("_", " ") for name in last.split())
    return Culture(share, locale, phone, tuple(first.split()), last_names)


CULTURES: Final = (
    _culture(
        350,
        "nl",
        "+316",
        """Anna Bram Daan Emma Fleur Jan Jasper Julia Lars Lotte Maud Noor Pieter Sanne Sem Sophie
        Stijn Tess Thijs Willem Zoë Bea Bob Milan Lieke Joris Femke Ruben Eva Gijs""",
        """van_den_Berg de_Vries Jansen Bakker Visser Smit Meijer de_Boer Mulder de_Groot Bos Vos
        Peters Hendriks van_Dijk van_Leeuwen Dekker Brouwer de_Wit Dijkstra Smits de_Graaf
        van_der_Meer Kok Jacobs van_der_Linden Koster Prins Blom Huisman 't_Hart Postma Kuipers""",
    ),
    _culture(
        150,
        "en",
        "+447",
        """Oliver Amelia George Isla Harry Ava Noah Mia Jack Ivy Leo Lily Arthur Freya Oscar
        Florence Seán Aoife Theo Grace""",
        """Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson
        Evans Walker White O’Connor Murphy Kelly Byrne Ryan Smith-Jones""",
    ),
    _culture(
        150,
        "de",
        "+4915",
        """Lukas Mia Leon Emma Finn Hannah Jonas Lena Jürgen Käthe Maximilian Clara Felix Greta
        Björn Anneliese""",
        """Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch
        Bauer Richter Klein Wolf Schröder Neumann Groß Weiß""",
    ),
    _culture(
        80,
        "fr",
        "+336",
        "Léa Hugo Chloé Jules Camille Zoé Élodie François Gaëlle Loïc",
        "Martin Bernard Dubois Lefèvre Moreau Girard Roux Fournier Béranger Châtelain",
    ),
    _culture(
        70,
        "pl",
        "+485",
        "Łukasz Zofia Jan Żaneta Michał Agnieszka Paweł Małgorzata",
        "Nowak Kowalski Wiśniewski Wójcik Kamiński Lewandowski Zieliński Żółć",
    ),
    _culture(
        60,
        "es",
        "+346",
        "Lucía Martín Sofía José María Íñigo Begoña",
        "García Fernández González Rodríguez López Muñoz Peña Ibáñez",
    ),
    _culture(30, "en", "+79", "Ольга Иван Мария Дмитрий", "Иванова Смирнов Кузнецов Попова"),
    _culture(20, "en", "+306", "Γιώργος Μαρία Ελένη", "Παπαδόπουλος Νικολάου"),
    _culture(30, "en", "+861", "小明 伟 芳 小龍 丽华", "王 李 张 陈 欧阳"),
    _culture(20, "en", "+8190", "さくら 翔太 陽菜", "田中 佐藤 鈴木"),
    _culture(10, "en", "+8210", "지우 민준 서연", "김 이 박"),
    _culture(10, "en", "+9715", "محمد فاطمة علي", "الفارسي حسن"),
    _culture(10, "en", "+919", "प्रिया राहुल", "शर्मा सिंह"),
    _culture(10, "en", "+628", "Suharto Sukarno Ratna 🎟️", ""),
)
# Reserved for examples: nothing is ever delivered there (RFC 2606).
_DOMAINS: Final = ("example.org", "example.com", "example.net", "mail.example", "post.example")
_DOMAIN_SHARES: Final = (50, 25, 10, 10, 5)


class People:
    """Made up one after the other; the same seed makes the same people."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._shares = [each.share for each in CULTURES]

    def culture(self) -> Culture:
        (found,) = self._random.choices(CULTURES, self._shares)
        return found

    def person(self, culture: Culture, *, family: str | None = None) -> Person:
        """Somebody new; of this family, if it is given."""
        choose = self._random.choice
        first = choose(culture.first_names)
        last = family if family is not None else choose(culture.last_names or ("",))
        (domain,) = self._random.choices(_DOMAINS, _DOMAIN_SHARES)
        account = ".".join(filter(None, (_plain(first), _plain(last)))) or "ticket"
        has_phone = self._random.random() < 0.6
        return Person(
            first,
            last,
            f"{account}{self._random.randrange(1000)}@{domain}",
            f"{culture.phone}{self._random.randrange(10**8):08}" if has_phone else "",
        )


@lru_cache(maxsize=1024)
def _plain(name: str) -> str:
    return slug_of(name).replace("-", "")
