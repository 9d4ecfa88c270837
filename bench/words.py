"""Invented people and texts: a few words are in most cases, and most words in a few, as in real letters."""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
COMMON = [
    "درخواست", "آمار", "جمعیت", "سالنامه", "استان", "قم", "تهران", "نامه", "پیوست", "اعلام", "لطفا", "ارسال",
    "گزارش", "اداره", "سازمان",
]  # fmt: skip
FIRST = ["مریم", "علی", "زهرا", "رضا", "فاطمه", "حسین", "سارا", "محمد", "نرگس", "امیر", "لیلا", "مهدی"]
LAST = ["احمدی", "رضایی", "محمدی", "کریمی", "موسوی", "جعفری", "حسینی", "صادقی", "رحیمی", "نوری"]
LETTERS = "ابپتثجچحخدذرزسشصضطظعغفقکگلمنوهی"
VOCABULARY = 30_000


@functools.cache
def _vocabulary() -> list[str]:
    """One language, whoever draws from it."""
    drawn = random.Random(1)
    lengths = drawn.choices(range(4, 9), k=VOCABULARY)
    return ["".join(drawn.choices(LETTERS, k=length)) for length in lengths]


class Draw:
    """Random choices, and the words they may use; the same ``seed`` gives the same."""

    def __init__(self, seed: int) -> None:
        self.rare = _vocabulary()
        self.random = random.Random(seed)

    def words(self, n: int) -> str:
        common = self.random.choices(COMMON, k=n // 2)
        # Low places come up far more often: a long tail as in real texts.
        rare = [self.rare[int(self.random.random() ** 3 * VOCABULARY)] for _ in range(n - n // 2)]
        return " ".join(common + rare)

    def name(self) -> str:
        return f"{self.random.choice(FIRST)} {self.random.choice(LAST)} {self.random.choice(self.rare)}"

    def email(self) -> str:
        return f"person{self.random.randrange(10**7)}@example.org"

    def mobile(self) -> str:
        return f"+98900{self.random.randrange(10**7):07}"

    def weighted(self, choices: Sequence[tuple[int, T]]) -> T:
        """One of the choices, each as often as the number before it says."""
        return self.random.choices([one for _, one in choices], [weight for weight, _ in choices])[0]
