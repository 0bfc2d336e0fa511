"""What the generator makes: readings that still fit their sentences, and nothing of the sets that measure."""

import json
import random

import pytest
from levitate_training.generate import Generator, copied
from levitate_training.noise import noisy
from levitate_training.records import BUILD, family, held_out, is_valid, load
from levitate_training.slots import Slots


@pytest.fixture(scope="module")
def records():
    return load(BUILD / "records.jsonl")


def test_the_same_seed_gives_the_same_examples(records):
    used = [record for record in records if not is_valid(record)]
    first, second = Generator(used, 7), Generator(used, 7)
    assert [first.draw() for _ in range(50)] == [second.draw() for _ in range(50)]


def test_values_change_in_words_and_reading_together():
    slots = Slots(random.Random(3))
    for _ in range(200):
        example = {"facts": "", "says": "says: clock to Vienna, call it box, sdb with 40G root", "reading":
                   "partition sdb keep root=40G\nhostname box\ntimezone Vienna"}
        slots.fill(example)
        partition, host, zone = example["reading"].split("\n")
        assert zone.removeprefix("timezone ") in example["says"]
        assert host.removeprefix("hostname ") in example["says"]
        _, disk, _, root = partition.split(" ")
        assert disk in example["says"] and root.removeprefix("root=").rstrip("G") in example["says"]


def test_noise_leaves_alone_what_the_reading_copies():
    rng = random.Random(5)
    kept = copied("hostname quiet-river\nuser sophie sudo")
    for _ in range(300):
        said = noisy("please name the computer quiet-river and create sophie as administrator", kept, rng)
        assert "quiet-river" in said and "sophie" in said


def test_held_out_families_are_not_trained_on(records):
    apart = held_out()
    assert len(apart) >= 300
    used = {family(record) for record in records if family(record) not in apart and not is_valid(record)}
    assert not used & apart


def test_nothing_of_the_development_set_is_in_the_data(records):
    shared = BUILD.parents[2] / "shared/eval/dev.jsonl"
    if not shared.exists():
        pytest.skip("the development set is not beside this checkout")
    own = {record["says"].removeprefix("says: ").lower() for record in records}
    both = [json.loads(line)["user"] for line in shared.open() if json.loads(line)["user"].lower() in own]
    # Two words ("list disks", "yes") are everybody's.
    assert not [said for said in both if len(said.split()) > 2], both
