#!/usr/bin/env python3
"""Simulates card payments: writes train.csv and test.csv beside this file.

Needs nothing but Python 3.9 and its standard library; the same code writes the same bytes. An argument
names another folder to write to. README.md explains columns and frauds.
"""

import csv
import datetime
import math
import pathlib
import random
import sys

SEED = 20170906
START = datetime.datetime(2026, 4, 6)  # a Monday
TRAIN_DAYS, TEST_DAYS = 21, 7
PAYMENTS_PER_DAY = 150
FRAUD_SHARE = 0.04
MERCHANTS = 400

COLUMNS = ["payment_id", "time", "merchant", "branch", "channel", "country", "pin", "amount",
           "seconds_to_pay", "fraud"]

# Of each branch: share of the merchants, median amount, hours of business, share of online payments.
BRANCHES = {
    "groceries": (0.24, 38.0, 7, 21, 0.05),
    "restaurant": (0.20, 45.0, 11, 23, 0.03),
    "fuel": (0.10, 62.0, 5, 23, 0.00),
    "clothing": (0.14, 80.0, 9, 20, 0.55),
    "electronics": (0.08, 210.0, 9, 20, 0.65),
    "pharmacy": (0.10, 24.0, 8, 20, 0.15),
    "travel": (0.06, 420.0, 6, 24, 0.90),
    "games": (0.08, 15.0, 10, 24, 1.00),
}
COUNTRIES = ["DE", "AT", "FR", "NL", "PL", "IT", "ES"]


class Merchant:
    def __init__(self, number: int, random_source: random.Random):
        self.branch = random_source.choices(list(BRANCHES),
                                            [facts[0] for facts in BRANCHES.values()])[0]
        self.name = f"{self.branch[:4].upper()}-{1000 + 7 * number}"
        self.country = random_source.choices(COUNTRIES, [60, 10, 8, 8, 6, 4, 4])[0]
        self.median = BRANCHES[self.branch][1] * math.exp(random_source.gauss(0.0, 0.25))
        self.weight = 1.0 / (2 + number)  # a few merchants have most of the customers


def payment(day: datetime.datetime, merchant: Merchant, random_source: random.Random) -> dict:
    """An ordinary payment."""
    _, _, opens, closes, online_share = BRANCHES[merchant.branch]
    is_online = random_source.random() < online_share
    hour = random_source.triangular(opens, closes, (opens + closes) / 2)
    amount = merchant.median * math.exp(random_source.gauss(0.0, 0.45))
    return {
        "time": day + datetime.timedelta(hours=hour),
        "merchant": merchant.name,
        "branch": merchant.branch,
        "channel": "online" if is_online else random_source.choice(["chip", "chip", "contactless"]),
        "country": merchant.country,
        "pin": not is_online and (amount > 50 or random_source.random() < 0.3),
        "amount": amount,
        "seconds_to_pay": (60 if is_online else 18) * math.exp(random_source.gauss(0.0, 0.35)),
    }


# Frauds: each changes an ordinary payment.


def shop_at_night(row, random_source):
    """A shop is charged when it is closed."""
    return {**row, "channel": "chip", "pin": False,
            "time": row["time"].replace(hour=random_source.randrange(1, 4))}


def unknown_merchants(row, random_source):
    """Merchants without customers, in countries where the bank has none."""
    return {**row, "merchant": f"X-{random_source.randrange(10000)}",
            "country": random_source.choice(["US", "SG", "BR", "HK"])}


def card_test(row, random_source):
    """A small amount, paid by a program, for games."""
    return {**row, "branch": "games", "channel": "online", "pin": False,
            "amount": random_source.uniform(0.5, 2.0),
            "seconds_to_pay": random_source.uniform(1.5, 4.0)}


def goods_for_resale(row, random_source):
    """A large amount for goods that are cheap."""
    return {**row, "branch": random_source.choice(["groceries", "pharmacy"]),
            "amount": random_source.uniform(350.0, 900.0)}


def stolen_card(row, _random_source):
    """Large amounts without the card's number."""
    return {**row, "channel": "contactless", "pin": False, "amount": row["amount"] + 150.0}


FRAUDS = (shop_at_night, unknown_merchants, card_test, goods_for_resale, stolen_card)


def simulate(first_day: int, days: int, merchants: list, random_source: random.Random,
             fraud_share: float) -> list:
    rows = []
    for number in range(days * PAYMENTS_PER_DAY):
        day = START + datetime.timedelta(days=first_day + number // PAYMENTS_PER_DAY)
        merchant = random_source.choices(merchants, [m.weight for m in merchants])[0]
        row = payment(day, merchant, random_source)
        row["fraud"] = random_source.random() < fraud_share
        if row["fraud"]:
            row.update(random_source.choice(FRAUDS)(row, random_source))
        row["payment_id"] = f"P{random_source.getrandbits(40):010x}"
        rows.append(row)
    return sorted(rows, key=lambda row: row["time"])


def written(row: dict, random_source: random.Random) -> dict:
    """The row as the bank exports it; terminals do not always tell how long a payment took."""
    has_duration = random_source.random() > 0.06
    return {
        **row,
        "time": row["time"].strftime("%d.%m.%Y %H:%M"),
        "pin": str(row["pin"]).upper(),
        "amount": f"{row['amount']:.2f}",
        "seconds_to_pay": f"{row['seconds_to_pay']:.0f}" if has_duration else "NA",
        "fraud": "yes" if row["fraud"] else "no",
    }


def write(path: pathlib.Path, rows: list, columns: list, random_source: random.Random) -> None:
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(written(row, random_source) for row in rows)


def main() -> int:
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    folder = folder if folder.is_dir() else folder.parent
    random_source = random.Random(SEED)
    merchants = [Merchant(number, random_source) for number in range(MERCHANTS)]
    train = simulate(0, TRAIN_DAYS, merchants, random_source, 0.0)
    test = simulate(TRAIN_DAYS, TEST_DAYS, merchants, random_source, FRAUD_SHARE)
    write(folder / "train.csv", train, COLUMNS[:-1], random_source)
    write(folder / "test.csv", test, COLUMNS, random_source)
    return 0


if __name__ == "__main__":
    sys.exit(main())
